--- Portolan for Neovim 0.11 and later: `vim.lsp.enable('portolan')` with this folder's parent on 'runtimepath'.
---
--- TOML and Nix buffers are many, and few of them are Portolan's. So `root_dir` looks at the file's name and
--- place, and the server is started for those that decide where a Rust program will run, and for no others.

local fs = vim.fs

--- Files that are ours by name, wherever they stand.
local NAMES = {
  ['flake.nix'] = true,
  ['Cargo.toml'] = true,
  ['Cargo.lock'] = true,
  ['rust-toolchain.toml'] = true,
  ['rust-toolchain'] = true,
  ['Cross.toml'] = true,
  ['portolan.toml'] = true,
}

--- Whether a manifest is the root of a Cargo workspace.
local function has_workspace_table(manifest)
  local file = io.open(manifest, 'r')
  if not file then
    return false
  end
  local found = false
  for line in file:lines() do
    if line:match('^%s*%[%s*workspace[%s%.%]]') then
      found = true
      break
    end
  end
  file:close()
  return found
end

--- The nearest folder at or above `dir` that holds one of `names`.
local function nearest(dir, names)
  local hit = fs.find(names, { path = dir, upward = true, type = 'file', limit = 1 })[1]
  return hit and fs.dirname(hit)
end

--- The folder of the Cargo workspace, or of the lone package, that `dir` belongs to.
local function cargo_root(dir)
  local manifests = fs.find('Cargo.toml', { path = dir, upward = true, type = 'file', limit = math.huge })
  for _, manifest in ipairs(manifests) do
    if has_workspace_table(manifest) then
      return fs.dirname(manifest)
    end
  end
  return manifests[1] and fs.dirname(manifests[1])
end

--- The project's folder: the flake's or the Cargo workspace's, whichever lies further out, because a member's
--- files say nothing without the root's.
local function project_root(dir)
  local flake, cargo = nearest(dir, { 'flake.nix', 'portolan.toml' }), cargo_root(dir)
  if flake and cargo then
    -- Both are at or above `dir`, so the shorter path is the outer folder.
    return #flake < #cargo and flake or cargo
  end
  return flake or cargo
end

--- The folder to start the server in for the file at `path`, or nothing when the file is not ours.
local function root_of(path)
  local name, dir = fs.basename(path), fs.dirname(path)
  if fs.basename(dir) == '.cargo' and (name == 'config.toml' or name == 'config') then
    local owner = fs.dirname(dir)
    -- ~/.cargo/config.toml belongs to the user: it is read with every project and is none itself.
    if owner == fs.normalize('~') then
      return nil
    end
    return project_root(owner) or owner
  end
  if NAMES[name] then
    return project_root(dir) or dir
  end
  if name:match('%.nix$') then
    return project_root(dir)
  end
  return nil
end

--- Runs the command of a lens; without the plugin beside this file the server is asked and that is all.
local function run_lens(command, context)
  local there, plugin = pcall(require, 'portolan')
  if there then
    plugin.lenses[command.command](command.arguments[1])
    return
  end
  local client = vim.lsp.get_client_by_id(context.client_id)
  client:request('workspace/executeCommand', { command = command.command, arguments = command.arguments })
end

---@type vim.lsp.Config
return {
  cmd = { 'portolan', 'server' },
  filetypes = { 'toml', 'nix' },
  -- For `:Portolan build`; without the plugin beside this file nothing is done with it.
  init_options = { experimental = { targets = true } },
  handlers = {
    ['portolan/buildOutput'] = function(_, params)
      local there, plugin = pcall(require, 'portolan')
      if there then
        plugin.on_build_output(params)
      end
    end,
    ['portolan/targets'] = function(_, params, context)
      local there, plugin = pcall(require, 'portolan')
      if there then
        plugin.on_targets(params, context.client_id)
      end
    end,
  },
  -- A lens asks as `:Portolan` does, and shows what it came to.
  commands = {
    ['portolan.build'] = run_lens,
    ['portolan.audit'] = run_lens,
  },
  root_dir = function(bufnr, on_dir)
    local path = vim.api.nvim_buf_get_name(bufnr)
    -- Buffers without a file, and those of plugins (`fugitive://…`), are not ours.
    if path == '' or path:match('^%a[%w+.-]+://') then
      return
    end
    local root = root_of(fs.normalize(path))
    if root then
      on_dir(root)
    end
  end,
}
