--- What Neovim's picture shows: the demonstration project with its diagnostics.
---   nvim --clean -S tests/pictures/neovim.lua .cargo/config.toml
vim.opt.runtimepath:append(vim.env.PORTOLAN_REPOSITORY .. '/editors/neovim')
vim.opt.number = true
vim.opt.signcolumn = 'yes'
vim.opt.termguicolors = true
vim.opt.swapfile = false
vim.opt.laststatus = 0
vim.diagnostic.config({ virtual_lines = { current_line = true }, severity_sort = true })
vim.cmd.runtime('plugin/portolan.lua')
vim.lsp.enable('portolan')
vim.cmd('filetype on | syntax on')
vim.cmd.doautoall('FileType')
vim.api.nvim_create_autocmd('DiagnosticChanged', {
  once = true,
  callback = function()
    vim.fn.search('gnuu')
    vim.cmd('redraw')
  end,
})
