--- `:checkhealth portolan`

local M = {}

function M.check()
  local health = vim.health
  health.start('portolan')
  if vim.fn.has('nvim-0.11') == 0 then
    health.error('Neovim 0.11 or later is needed')
    return
  end
  health.ok('Neovim ' .. tostring(vim.version()))

  local config = vim.lsp.config.portolan
  local command = config and config.cmd
  if not command then
    health.error('there is no lsp/portolan.lua on the runtime path', {
      "vim.opt.runtimepath:append('/path/to/portolan/editors/neovim')",
    })
    return
  end
  if type(command) == 'table' then
    local program = vim.fn.exepath(command[1])
    if program == '' then
      health.error(('`%s` is not on PATH'):format(command[1]), { 'Install it, or set cmd by vim.lsp.config' })
    else
      local run = vim.system({ program, '--version' }, { text = true }):wait(5000)
      local version = (run.stdout or ''):match('^portolan (%S+)')
      if version then
        health.ok(('%s is version %s'):format(program, version))
      else
        health.error(program .. ' is not Portolan: it does not say its version')
      end
    end
  end

  if vim.lsp.is_enabled and not vim.lsp.is_enabled('portolan') then
    health.warn('it is not enabled', { "vim.lsp.enable('portolan')" })
  end
  local clients = vim.lsp.get_clients({ name = 'portolan' })
  if #clients == 0 then
    health.info('no server runs: it starts with the first of its files')
  end
  for _, client in ipairs(clients) do
    health.ok(('a server runs in %s'):format(client.root_dir or '?'))
    if vim.tbl_get(client.settings, 'portolan', 'trusted') ~= true then
      health.info('it is not trusted to build; `:Portolan build` asks')
    end
  end
  if vim.fn.exists('g:did_load_filetypes') == 0 then
    health.warn('file types are off, so no server starts', { 'filetype on' })
  end
end

return M
