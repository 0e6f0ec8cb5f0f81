--- Other servers on the same buffers: each keeps its own findings and hovers, and Portolan formats nothing.

return function(t, given)
  local others = { stub = { 'python3', given.repository .. '/tests/neighbours/stub.py' } }
  if vim.env.TOMBI and vim.env.TOMBI ~= '' then
    others.tombi = { vim.env.TOMBI, 'lsp' }
  end

  t.scenario('beside other servers on the same Cargo.toml', function()
    for name, command in pairs(others) do
      vim.lsp.config(name, { cmd = command, filetypes = { 'toml' }, root_markers = { 'Cargo.toml' } })
      vim.lsp.enable(name)
    end
    local root = given.project('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
    local manifest = t.open(root .. '/Cargo.toml')
    t.becomes('all attach to Cargo.toml', function()
      return #vim.lsp.get_clients({ bufnr = manifest })
    end, vim.tbl_count(others) + 1)
    local config = t.open(root .. '/.cargo/config.toml')
    local function of(source)
      return function()
        local found = {}
        for _, diagnostic in ipairs(vim.diagnostic.get(config)) do
          if diagnostic.source == source then
            table.insert(found, diagnostic.code)
          end
        end
        return found
      end
    end
    t.becomes('our finding, once', of('portolan'), { 'unknown-target' })
    t.becomes('the stub\'s, once', of('stub'), { 'stubbed' })
    local client = t.clients(config)[1]
    for _, method in ipairs({ 'textDocument/formatting', 'textDocument/rangeFormatting', 'textDocument/foldingRange' }) do
      t.check('we offer no ' .. method, not client:supports_method(method, config))
    end
    -- Where we have nothing to say, we say nothing.
    t.go_to(manifest, 'name')
    local answers = vim.lsp.buf_request_sync(manifest, 'textDocument/hover', vim.lsp.util.make_position_params(0, 'utf-16'), t.patience)
    local speakers = {}
    for id, answer in pairs(answers or {}) do
      if answer.result and answer.result ~= vim.NIL then
        table.insert(speakers, vim.lsp.get_client_by_id(id).name)
      end
    end
    t.check('the hover over `name` is the others\'', not vim.tbl_contains(speakers, 'portolan') and #speakers > 0, vim.inspect(speakers))
    -- Our fix, with the others' actions beside it.
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
    t.becomes('and our finding is gone', of('portolan'), {})
    for name in pairs(others) do
      vim.lsp.enable(name, false)
      vim.lsp.stop_client(vim.lsp.get_clients({ name = name }))
    end
  end)
end
