--- The command `:Portolan`; what it does is read when it is used.

if vim.g.loaded_portolan or vim.fn.has('nvim-0.11') == 0 then
  return
end
vim.g.loaded_portolan = true

vim.api.nvim_create_user_command('Portolan', function(given)
  require('portolan').run(given.fargs)
end, {
  nargs = '+',
  desc = 'Portolan: build, cancel, audit, targets, explain, fix, log, restart',
  complete = function(lead, line)
    return require('portolan').complete(lead, line)
  end,
})
