--- `:Portolan` in a real Neovim: targets, rules, real builds, and the health check.

local HOST = 'x86_64-unknown-linux-gnu'
local CONFIG = ('[build]\ntarget = ["%s", "aarch64-unknown-linux-gnu"]\n'):format(HOST)
local BUILD_SCRIPT = [[
fn main() {
    std::fs::write("ran", "").unwrap();
    if std::path::Path::new("slow").exists() {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}
]]

--- The lines of the buffer of that name, as one text.
local function shown(name)
  local buffer = vim.fn.bufnr('^' .. name .. '$')
  return buffer == -1 and '' or table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

local function says(name, words)
  return function()
    return shown(name):find(words, 1, true) ~= nil
  end
end

--- Takes a buffer away that an earlier step has filled.
local function output_gone(name)
  local buffer = vim.fn.bufnr('^' .. name .. '$')
  if buffer ~= -1 then
    vim.api.nvim_buf_delete(buffer, { force = true })
  end
end

return function(t, given)
  local function opened(config, more)
    local root = given.project(config, more)
    local buffer = t.open(root .. '/.cargo/config.toml')
    t.becomes('attached', function()
      return #t.clients(buffer)
    end, 1)
    return root, buffer
  end

  t.scenario('the targets window', function()
    local root, buffer = opened(CONFIG)
    vim.cmd('Portolan targets')
    t.becomes('it shows the targets', says('portolan://targets', '✗ aarch64-unknown-linux-gnu'), true)
    t.check('and what they lack', shown('portolan://targets'):find('✗ linker       missing', 1, true) ~= nil,
      shown('portolan://targets'))
    -- What is typed in the other window shows in this one.
    vim.api.nvim_buf_set_lines(buffer, -1, -1, false,
      { '[target.aarch64-unknown-linux-gnu]', 'linker = "aarch64-linux-gnu-gcc"' })
    t.becomes('it follows what is typed', says('portolan://targets', '✓ aarch64-unknown-linux-gnu'), true)
    vim.fn.search('aarch64-linux-gnu-gcc')
    vim.api.nvim_feedkeys(vim.keycode('<CR>'), 'x', false)
    t.equal('<CR> leads to the line', { vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] }, { buffer, 4 })
    vim.cmd('silent! only!')
    t.check('the disk is untouched', t.read(root .. '/.cargo/config.toml') == CONFIG)
  end)

  t.scenario('a rule is explained', function()
    local _, buffer = opened('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
    t.becomes('a finding', given.found_in(buffer), { '2: error unknown-target' })
    t.go_to(buffer, 'gnuu')
    vim.cmd('Portolan explain')
    t.becomes('the page of the finding in this line', says('portolan://rule/unknown-target', '# unknown-target'), true)
    t.equal('it is Markdown', vim.bo[vim.api.nvim_get_current_buf()].filetype, 'markdown')
    vim.cmd('silent! only!')
    t.check('rules are completed', vim.tbl_contains(vim.fn.getcompletion('Portolan explain missing-l', 'cmdline'), 'missing-linker'))
    t.equal('commands are completed', vim.fn.getcompletion('Portolan bu', 'cmdline'), { 'build' })
  end)

  t.scenario('a server that was killed is started again by :Portolan restart', function()
    local root, buffer = opened('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
    t.becomes('a finding', given.found_in(buffer), { '2: error unknown-target' })
    for _, process in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
      local info = vim.api.nvim_get_proc(process)
      if info and info.name == 'portolan' then
        vim.uv.kill(process, 'sigkill')
      end
    end
    t.becomes('it is gone', function()
      return #t.clients(buffer)
    end, 0)
    vim.api.nvim_set_current_buf(buffer)
    vim.cmd('Portolan restart')
    t.becomes('another one is attached', function()
      return #t.clients(buffer)
    end, 1)
    t.becomes('and finds the same', given.found_in(buffer), { '2: error unknown-target' })
    vim.cmd('Portolan restart')
    t.becomes('also in place of one that runs', function()
      return #t.clients(buffer)
    end, 1)
    t.becomes('which finds the same', given.found_in(buffer), { '2: error unknown-target' })
    t.check('the disk is untouched', t.read(root .. '/.cargo/config.toml') == '[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
  end)

  t.scenario('every safe fix by :Portolan fix', function()
    local _, buffer = opened('[build]\ntarget = ["x86_64-unknown-linux-gnuu"]\n\n[target.aarch64-unknown-linux-muslx]\nrustflags = []\n')
    t.becomes('two typos', function()
      return #t.found(buffer)
    end, 2)
    vim.cmd('Portolan fix')
    t.becomes('both are gone', given.found_in(buffer), {})
  end)

  t.scenario('a build: asked for, shown, audited, cancelled', function()
    local root, buffer = opened('[build]\ntarget = "' .. HOST .. '"\n', { ['build.rs'] = BUILD_SCRIPT, ['flake.nix'] = '{ outputs = _: { }; }\n' })
    local asked, answer = 0, 2
    local confirm = vim.fn.confirm
    vim.fn.confirm = function()
      asked = asked + 1
      return answer
    end
    vim.cmd('Portolan build ' .. HOST)
    t.rest()
    t.check('it asks before anything of the project runs, and No means no', asked == 1 and not vim.uv.fs_stat(root .. '/ran'))
    answer = 1
    local seen = {}
    local progress = vim.api.nvim_create_autocmd('LspProgress', {
      callback = function(event)
        table.insert(seen, event.data.params.value.kind)
      end,
    })
    t.patience = 120000
    vim.cmd('Portolan build ' .. HOST)
    t.becomes('with Yes it is built', says('portolan://builds', HOST .. ': built'), true)
    t.check('the output was shown on the way', shown('portolan://builds'):find('Compiling sample', 1, true) ~= nil, shown('portolan://builds'))
    t.check('the binary was audited', shown('portolan://builds'):find('sample: ', 1, true) ~= nil, shown('portolan://builds'))
    t.becomes('progress began and ended', function()
      return { seen[1], seen[#seen] }
    end, { 'begin', 'end' })
    vim.api.nvim_set_current_buf(buffer)
    vim.cmd('Portolan audit ' .. HOST)
    t.becomes('the audit of what was built', says('portolan://audit', 'sample: '), true)
    vim.cmd('silent! only!')
    vim.api.nvim_set_current_buf(buffer)
    vim.cmd('Portolan targets')
    t.becomes('the targets window has the last build and its audit', function()
      local text = shown('portolan://targets')
      return text:match('last build   built %d%d:%d%d\n') ~= nil and text:match('last audit   %l+') ~= nil
    end, true)
    vim.cmd('silent! only!')
    vim.api.nvim_set_current_buf(buffer)
    local function lens()
      local titles = vim.tbl_map(function(one)
        return one.command.title
      end, vim.lsp.codelens.get(buffer))
      return (titles[1] or ''):gsub('%d%d:%d%d', 'HH:MM')
    end
    vim.lsp.codelens.refresh({ bufnr = buffer })
    t.becomes('the lens says it too', lens, 'Build ' .. HOST .. ' · built HH:MM')
    local select = vim.ui.select
    vim.ui.select = function(lenses, _, choose)
      choose(lenses[2], 2)
    end
    output_gone('portolan://audit')
    vim.api.nvim_win_set_cursor(0, { 2, 0 })
    vim.lsp.codelens.run()
    vim.ui.select = select
    t.becomes('a lens that audits shows the audit', says('portolan://audit', 'sample: '), true)
    vim.cmd('silent! only!')
    vim.api.nvim_set_current_buf(buffer)

    t.write(root .. '/slow', '')
    t.write(root .. '/ran', 'before')
    vim.cmd('Portolan build ' .. HOST)
    t.becomes('another one runs', function()
      return t.read(root .. '/ran')
    end, '')
    t.equal('it was not asked again', asked, 2)
    vim.cmd('Portolan cancel')
    t.becomes('and is cancelled', says('portolan://builds', HOST .. ': cancelled'), true)
    t.becomes('lenses that are shown are renewed by themselves', lens, 'Build ' .. HOST .. ' · cancelled HH:MM')
    t.patience = 15000
    vim.fn.confirm = confirm
    vim.api.nvim_del_autocmd(progress)
  end)

  t.scenario('the health check', function()
    opened('[build]\ntarget = "x86_64-unknown-linux-musl"\n')
    vim.cmd('checkhealth portolan')
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    t.check('it names the program and the version', text:find('portolan is version %d') ~= nil, text)
    t.check('it knows that a server runs', text:find('a server runs in', 1, true) ~= nil, text)
    t.check('it finds no error', text:find('ERROR', 1, true) == nil, text)
  end)

  t.scenario('the help', function()
    local doc = given.repository .. '/editors/neovim/doc'
    local scratch = vim.fn.tempname()
    vim.fn.mkdir(scratch .. '/doc', 'p')
    vim.uv.fs_copyfile(doc .. '/portolan.txt', scratch .. '/doc/portolan.txt')
    vim.cmd('helptags ' .. scratch .. '/doc')
    local tags = t.read(scratch .. '/doc/tags')
    for _, command in ipairs(vim.fn.getcompletion('Portolan ', 'cmdline')) do
      t.check(command .. ' has a tag', tags:find(':Portolan-' .. command .. '\t', 1, true) ~= nil, tags)
    end
  end)
end
