--- Other servers on the same buffers (NEIGHBOURS in the environment: JSON, name to command line and file types): each
--- keeps its own findings, hovers and completions, and Portolan formats nothing.

local ROOTS = { 'Cargo.toml' }

--- A project in which each server has something to say about each file that is its own.
local FILES = {
  ['Cargo.toml'] = '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\nopenssl-sys = { version = "0.9", features = [] }\n',
  ['Cargo.lock'] = [=[
version = 4

[[package]]
name = "openssl-sys"
version = "0.9.109"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "sample"
version = "0.1.0"
dependencies = ["openssl-sys"]
]=],
  ['src/main.rs'] = 'fn main() {\n    let depth = ;\n}\n',
  ['.cargo/config.toml'] = '[build]\ntarget = "x86_64-unknown-linux-gnuu"\n',
}

return function(t, given)
  FILES['flake.nix'] = t.read(given.repository .. '/tests/neighbours/flake.nix')
  assert(vim.env.NEIGHBOURS, 'NEIGHBOURS has to say who the others are')
  local others = vim.json.decode(vim.env.NEIGHBOURS)
  local real = vim.tbl_filter(function(name)
    return name ~= 'stub'
  end, vim.tbl_keys(others))
  table.sort(real)

  --- What a source says of a buffer: its codes, or its messages where it has none.
  local function of(source, buffer)
    return function()
      local found = {}
      for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
        if diagnostic.source == source then
          table.insert(found, diagnostic.code or diagnostic.message)
        end
      end
      table.sort(found)
      return found
    end
  end

  --- Who answers a request at the cursor, and with what.
  local function answers(buffer, method, params)
    local given = vim.lsp.buf_request_sync(buffer, method, params or vim.lsp.util.make_position_params(0, 'utf-16'), t.patience)
    local said = {}
    for id, answer in pairs(given or {}) do
      if answer.result and answer.result ~= vim.NIL then
        said[vim.lsp.get_client_by_id(id).name] = answer.result
      end
    end
    return said
  end

  t.scenario(('beside %s on the same files'):format(table.concat(real, ', ')), function()
    local root = t.project(FILES)
    local buffers, alone = {}, {}
    for _, path in ipairs({ 'Cargo.toml', '.cargo/config.toml', 'flake.nix' }) do
      buffers[path] = t.open(root .. '/' .. path)
    end
    t.becomes('our finding in the flake', of('portolan', buffers['flake.nix']), { 'linker-not-executable' })
    t.becomes('and in the configuration', of('portolan', buffers['.cargo/config.toml']), { 'unknown-target' })
    for path, buffer in pairs(buffers) do
      alone[path] = of('portolan', buffer)()
    end

    for name, other in pairs(others) do
      vim.lsp.config(name, { cmd = other.command, filetypes = other.filetypes, root_markers = ROOTS })
      vim.lsp.enable(name)
    end
    buffers['src/main.rs'] = t.open(root .. '/src/main.rs')
    for path, buffer in pairs(buffers) do
      local wanted = path == 'src/main.rs' and {} or { 'portolan' }
      for name, other in pairs(others) do
        if vim.tbl_contains(other.filetypes, vim.bo[buffer].filetype) then
          table.insert(wanted, name)
        end
      end
      table.sort(wanted)
      t.becomes('who is attached to ' .. path, function()
        local names = vim.tbl_map(function(client)
          return client.name
        end, vim.lsp.get_clients({ bufnr = buffer }))
        table.sort(names)
        return names
      end, wanted)
    end

    t.becomes('the stub\'s finding stands once', of('stub', buffers['.cargo/config.toml']), { 'stubbed' })
    for _, name in ipairs(vim.tbl_filter(function(name)
      return vim.tbl_contains(others[name].filetypes, 'nix')
    end, real)) do
      t.becomes(name .. ' finds the binding that nothing uses', function()
        local theirs = vim.tbl_filter(function(diagnostic)
          return diagnostic.source ~= 'portolan' and diagnostic.message:lower():find('unused', 1, true)
        end, vim.diagnostic.get(buffers['flake.nix']))
        return #theirs
      end, 1)
    end
    if others['rust-analyzer'] then
      t.becomes('rust-analyzer finds the expression that is missing', function()
        -- It is asked for what it finds; this Neovim asks before the project is loaded, and not again.
        local params = { textDocument = vim.lsp.util.make_text_document_params(buffers['src/main.rs']) }
        local said = answers(buffers['src/main.rs'], 'textDocument/diagnostic', params)['rust-analyzer']
        return said ~= nil and #said.items > 0
      end, true)
    end
    for path, buffer in pairs(buffers) do
      if alone[path] then
        t.equal('ours in ' .. path .. ' are what they were alone', of('portolan', buffer)(), alone[path])
      end
    end

    for path, buffer in pairs(buffers) do
      for _, client in ipairs(t.clients(buffer)) do
        for _, method in ipairs({ 'textDocument/formatting', 'textDocument/rangeFormatting', 'textDocument/foldingRange' }) do
          t.check(('we offer no %s in %s'):format(method, path), not client:supports_method(method, buffer))
        end
      end
    end

    -- Where we have nothing to say, we say nothing; where two speak, they say different things.
    t.go_to(buffers['Cargo.toml'], 'name')
    local said = answers(buffers['Cargo.toml'], 'textDocument/hover')
    t.check('the hover over `name` is the others\'', not said.portolan and next(said) ~= nil, vim.inspect(said))
    t.go_to(buffers['Cargo.toml'], 'openssl-sys')
    said = answers(buffers['Cargo.toml'], 'textDocument/hover')
    t.check('the hover over a dependency has our part', said.portolan ~= nil, vim.inspect(said))
    local seen = {}
    for name, hover in pairs(said) do
      local text = vim.inspect(hover.contents)
      t.check(('and %s says what nobody else says'):format(name), not seen[text], text)
      seen[text] = name
    end

    -- Completion inside `features`: what we add, nobody else has.
    t.go_to(buffers['Cargo.toml'], ']')
    vim.fn.search('features = \\[', 'cwe')
    local position = vim.lsp.util.make_position_params(0, 'utf-16')
    position.position.character = position.position.character + 1
    local labels, ours = {}, 0
    for name, list in pairs(answers(buffers['Cargo.toml'], 'textDocument/completion', position)) do
      for _, item in ipairs(list.items or list) do
        if name == 'portolan' then
          ours = ours + 1
        end
        t.check(('`%s` of %s is offered once'):format(item.label, name), not labels[item.label], labels[item.label])
        labels[item.label] = name
      end
    end
    t.check('we know the features of openssl-sys', ours > 0)

    -- Our fix, with the others' actions beside it.
    local config = buffers['.cargo/config.toml']
    t.go_to(config, 'gnuu')
    vim.lsp.buf.code_action({
      apply = true,
      filter = function(action)
        return action.title:find('x86_64-unknown-linux-gnu`', 1, true) ~= nil
      end,
    })
    t.becomes('our fix is applied once', function()
      return t.text(config)
    end, '[build]\ntarget = "x86_64-unknown-linux-gnu"\n')
    t.becomes('and our finding is gone', of('portolan', config), {})
    for name in pairs(others) do
      t.check(name .. ' still runs', #vim.lsp.get_clients({ name = name }) == 1)
      vim.lsp.enable(name, false)
      vim.lsp.stop_client(vim.lsp.get_clients({ name = name }))
    end
  end)
end
