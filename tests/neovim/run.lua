--- Portolan in a real Neovim, without a screen:
---   PORTOLAN_SERVER=path/to/portolan nvim --headless --clean -l tests/neovim/run.lua
--- `tests/run` does this with a Neovim that it installs.

local here = vim.fs.dirname(vim.fs.normalize(debug.getinfo(1, 'S').source:sub(2)))
local repository = vim.fs.dirname(vim.fs.dirname(here))
package.path = here .. '/?.lua;' .. package.path

local t = require('harness')

local server = assert(vim.env.PORTOLAN_SERVER, 'PORTOLAN_SERVER has to name the program to test')
vim.env.PATH = vim.fs.dirname(vim.fs.normalize(server)) .. ':' .. vim.env.PATH
vim.opt.runtimepath:append(repository .. '/editors/neovim')
vim.opt.swapfile = false
vim.cmd('filetype on')
-- As a person's Neovim does by itself, and a script's does not.
vim.cmd.runtime('plugin/portolan.lua')
vim.lsp.config('portolan', { settings = { portolan = { host = 'x86_64-unknown-linux-gnu' } } })
vim.lsp.enable('portolan')

local MANIFEST = '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2024"\n'
local LOCK = 'version = 4\n\n[[package]]\nname = "sample"\nversion = "0.1.0"\n'
local FLAKE = [[
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
    in
    {
      devShells.x86_64-linux.default = pkgs.mkShell {
        packages = [ pkgs.rustup ];
      };
    };
}
]]
local LINKER = 'CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER ='
  .. ' "${pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc}/bin/aarch64-unknown-linux-gnu-cc";'
local SHELL = 'packages = [ pkgs.rustup ];'
local SHELL_WITH_LINKER = SHELL .. '\n        ' .. LINKER

local function project(config, more)
  local files = {
    ['Cargo.toml'] = MANIFEST,
    ['Cargo.lock'] = LOCK,
    ['src/main.rs'] = 'fn main() {}\n',
    ['flake.nix'] = FLAKE,
    ['.cargo/config.toml'] = config,
  }
  return t.project(vim.tbl_extend('force', files, more or {}))
end

local function found_in(buffer)
  return function()
    return t.found(buffer)
  end
end

t.scenario('the server of this test is the one that Neovim starts', function()
  t.equal('portolan on PATH', vim.uv.fs_realpath(vim.fn.exepath('portolan')), vim.uv.fs_realpath(server))
end)

t.scenario('attaches to our files and to no others', function()
  local root = project('[build]\ntarget = "x86_64-unknown-linux-musl"\n', {
    ['nix/package.nix'] = '{ stdenv }: stdenv.mkDerivation { name = "x"; }\n',
    ['rust-toolchain.toml'] = '[toolchain]\nchannel = "stable"\ntargets = ["x86_64-unknown-linux-musl"]\n',
    ['Cross.toml'] = '[build]\n',
    ['portolan.toml'] = 'targets = []\n',
    ['member/Cargo.toml'] = MANIFEST:gsub('sample', 'member'),
    ['Cargo.toml'] = MANIFEST .. '\n[workspace]\nmembers = ["member"]\n',
    ['rustfmt.toml'] = 'max_width = 110\n',
    ['config.toml'] = 'title = "a site"\n',
  })
  local ours = {
    'flake.nix', 'nix/package.nix', 'Cargo.toml', 'member/Cargo.toml', 'Cargo.lock', '.cargo/config.toml',
    'rust-toolchain.toml', 'Cross.toml', 'portolan.toml',
  }
  local ids = {}
  for _, name in ipairs(ours) do
    local buffer = t.open(root .. '/' .. name)
    t.becomes('attaches to ' .. name, function()
      return #t.clients(buffer)
    end, 1)
    for _, client in ipairs(t.clients(buffer)) do
      ids[client.id] = client.root_dir
    end
  end
  t.equal('one server for the whole project, started at its root', vim.tbl_values(ids), { root })

  local foreign = t.project({
    ['hm/home.nix'] = '{ pkgs, ... }: { }\n',
    ['app/pyproject.toml'] = '[project]\nname = "x"\n',
  })
  local others = {
    root .. '/rustfmt.toml', root .. '/config.toml', foreign .. '/hm/home.nix', foreign .. '/app/pyproject.toml',
  }
  for _, path in ipairs(others) do
    local buffer = t.open(path)
    t.rest()
    t.equal('leaves ' .. path:match('[^/]+/[^/]+$'):gsub('^%x+/', '') .. ' alone', #t.clients(buffer), 0)
  end
end)

t.scenario('the demonstration project shows what its files expect', function()
  local root = t.copy(repository .. '/fixtures/demo')
  for _, name in ipairs({ '.cargo/config.toml', 'flake.nix', 'Cargo.toml', 'rust-toolchain.toml' }) do
    local buffer = t.open(root .. '/' .. name)
    t.becomes('attached to ' .. name, function()
      return #t.clients(buffer)
    end, 1)
    local expected = t.expected(t.read(root .. '/' .. name))
    if #expected == 0 then
      t.rest()
    end
    t.becomes('findings of ' .. name, found_in(buffer), expected)
  end
end)

t.scenario('a typo: seen, explained, typed right', function()
  local root = project('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
  local buffer = t.open(root .. '/.cargo/config.toml')
  t.becomes('the diagnostic stands on line 2', found_in(buffer), { '2: error unknown-target' })
  local diagnostic = vim.diagnostic.get(buffer)[1] or { message = '', user_data = { lsp = {} } }
  local line = vim.api.nvim_buf_get_lines(buffer, 1, 2, false)[1]
  t.check('it covers the triple', line:sub((diagnostic.col or 0) + 1, diagnostic.end_col or 0)
    :find('x86_64-unknown-linux-gnuu', 1, true) ~= nil, vim.inspect(diagnostic))
  t.check('its message names the triple', diagnostic.message:find('gnuu', 1, true) ~= nil, diagnostic.message)
  local page = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'codeDescription', 'href') or ''
  t.check('its code leads to the page of the rule', page:find('unknown_target', 1, true) ~= nil, vim.inspect(page))

  t.replace(buffer, 'gnuu', 'gnu')
  t.becomes('typed right, it is gone before any save', found_in(buffer), {})
  t.replace(buffer, 'linux-gnu', 'linux-gnuuu')
  t.becomes('typed wrong again, it is back', found_in(buffer), { '2: error unknown-target' })
end)

local function apply_action(kind, matches)
  vim.lsp.buf.code_action({
    context = { only = { kind }, diagnostics = vim.tbl_map(function(diagnostic)
      return diagnostic.user_data.lsp
    end, vim.diagnostic.get(0, { lnum = vim.api.nvim_win_get_cursor(0)[1] - 1 })) },
    filter = function(action)
      return matches == nil or action.title:find(matches, 1, true) ~= nil
    end,
    apply = true,
  })
end

t.scenario('the quick fix', function()
  -- Another character set before the spot: the client's columns are not bytes.
  local before = '# für 𝄞\nbuild = { target = [ "x86_64-unknown-linux-musl", # ключ 𝄞\n  "x86_64-unknown-linux-gnuu" ] }\n'
  local after = before:gsub('gnuu', 'gnu')
  local root = project(before)
  local buffer = t.open(root .. '/.cargo/config.toml')
  t.becomes('the diagnostic is there', found_in(buffer), { '3: error unknown-target' })
  t.go_to(buffer, 'x86_64-unknown-linux-gnuu')
  apply_action('quickfix', 'x86_64-unknown-linux-gnu')
  t.becomes('the buffer holds the right triple and everything else as it was', function()
    return t.text(buffer)
  end, after)
  t.becomes('and nothing is wrong any more', found_in(buffer), {})
  t.equal('the disk is untouched until the save', t.read(root .. '/.cargo/config.toml'), before)
end)

t.scenario('every safe fix of a file at once', function()
  local before = '[build]\ntarget = ["x86_64-unknown-linux-gnuu"]\n\n[target.aarch64-unknown-linux-muslx]\nrustflags = []\n'
  local root = project(before)
  local buffer = t.open(root .. '/.cargo/config.toml')
  t.becomes('two typos', function()
    return #t.found(buffer)
  end, 2)
  apply_action('source.fixAll.portolan')
  t.becomes('both are right', function()
    return t.text(buffer)
  end, (before:gsub('gnuu', 'gnu'):gsub('muslx', 'musl')))
  t.becomes('and gone', found_in(buffer), {})
end)

t.scenario('what another buffer says counts, unsaved', function()
  local root = project('[build]\ntarget = "aarch64-unknown-linux-gnu"\n')
  local config = t.open(root .. '/.cargo/config.toml')
  t.becomes('no linker yet', found_in(config), { '2: error missing-linker' })
  local flake = t.open(root .. '/flake.nix')
  t.replace(flake, SHELL, SHELL_WITH_LINKER)
  t.becomes('a linker in the flake: the config is clear', found_in(config), {})
  t.equal('nothing was saved for that', t.read(root .. '/flake.nix'), FLAKE)
  vim.cmd('silent undo')
  t.becomes('undone in the flake: it is back in the config', found_in(config), { '2: error missing-linker' })
end)

t.scenario('a save looks at the disk again', function()
  local root = project('[build]\ntarget = "aarch64-unknown-linux-gnu"\n')
  local config = t.open(root .. '/.cargo/config.toml')
  t.becomes('no linker yet', found_in(config), { '2: error missing-linker' })
  -- Something outside of Neovim writes the flake: a checkout, another editor.
  t.write(root .. '/flake.nix', (FLAKE:gsub(vim.pesc(SHELL), (SHELL_WITH_LINKER:gsub('%%', '%%%%')))))
  vim.cmd('silent write')
  t.becomes('the flake on the disk has a linker', found_in(config), {})
  t.write(root .. '/flake.nix', FLAKE)
  vim.cmd('silent write')
  t.becomes('and has none again', found_in(config), { '2: error missing-linker' })
end)

require('plugin')(t, { project = project, found_in = found_in, repository = repository })
require('neighbours')(t, { repository = repository })

-- The server's process must not outlive the editor, whether the editor quits or is killed.
local function child(root, last_words)
  local pid_file = root .. '/pid'
  local script = root .. '/child.lua'
  t.write(script, ([[
    vim.opt.runtimepath:append(%q)
    vim.cmd('filetype on')
    vim.lsp.config('portolan', { cmd = { 'sh', '-c', 'echo $$ > "$0"; exec portolan server', %q } })
    vim.lsp.enable('portolan')
    vim.cmd.edit(%q)
    local fine = vim.wait(%d, function() return #vim.diagnostic.get(0) > 0 end, 10)
    io.stdout:write(fine and 'ready' or 'no diagnostics')
    %s
  ]]):format(repository .. '/editors/neovim', pid_file, root .. '/.cargo/config.toml', t.patience, last_words))
  local run = vim.system({ vim.v.progpath, '--headless', '--clean', '-l', script }):wait(2 * t.patience)
  t.equal('the editor got its diagnostics first', run.stdout, 'ready')
  return vim.trim(t.read(pid_file))
end

-- A process that has ended and waits for its parent to notice (a zombie) is gone as far as we care.
local function state_of(pid)
  if not vim.uv.fs_stat('/proc/self') then
    return vim.uv.kill(tonumber(pid), 0) == 0 and 'runs' or 'gone'
  end
  local stat = io.open('/proc/' .. pid .. '/stat', 'r')
  if not stat then
    return 'gone'
  end
  local state = (stat:read('*a') or ''):match('%) (%a)')
  stat:close()
  return (state == nil or state == 'Z' or state == 'X') and 'gone' or 'runs'
end

local function ends(pid)
  t.becomes('the server is gone', function()
    return state_of(pid)
  end, 'gone')
end

t.scenario('the editor quits', function()
  local root = project('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
  ends(child(root, "vim.cmd('qall!')"))
end)

t.scenario('the editor is killed', function()
  local root = project('[build]\ntarget = "x86_64-unknown-linux-gnuu"\n')
  ends(child(root, "io.stdout:flush(); vim.uv.kill(vim.uv.os_getpid(), 9)"))
end)

t.finish()
