--- Buffers that only show something: what builds print, an audit, a rule's page.

local M = {}

local LOG = 'portolan://builds'

--- The buffer of that name, made when it is not there.
local function buffer(name)
  local known = vim.fn.bufnr('^' .. vim.fn.escape(name, '[]*?\\^$.') .. '$')
  if known ~= -1 then
    return known
  end
  local made = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(made, name)
  vim.bo[made].modifiable = false
  vim.keymap.set('n', 'q', '<C-W>c', { buffer = made, desc = 'Close' })
  return made
end

local function write(target, first, last, lines)
  vim.bo[target].modifiable = true
  vim.api.nvim_buf_set_lines(target, first, last, false, lines)
  vim.bo[target].modifiable = false
end

--- Shows the buffer in a window: the one where it stands, or one below.
local function reveal(target)
  local window = vim.fn.bufwinid(target)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
    return
  end
  vim.cmd('botright split')
  vim.api.nvim_win_set_buf(0, target)
  vim.api.nvim_win_set_height(0, math.max(6, math.min(vim.api.nvim_buf_line_count(target) + 1, math.floor(vim.o.lines / 2))))
end

--- Whether a window shows the buffer of that name.
function M.is_shown(name)
  return vim.fn.bufwinid(buffer(name)) ~= -1
end

--- Replaces the lines of the buffer of that name.
function M.replace(name, lines)
  write(buffer(name), 0, -1, lines)
end

--- Shows lines in a buffer of that name and puts the cursor there.
---@param name string
---@param lines string[]
---@param filetype string
---@return integer buffer
function M.show(name, lines, filetype)
  local target = buffer(name)
  write(target, 0, -1, lines)
  vim.bo[target].filetype = filetype
  reveal(target)
  return target
end

--- Adds lines of a build.
---@param name string
---@param lines string[]
function M.add(name, lines)
  local log = buffer(LOG)
  local count = vim.api.nvim_buf_line_count(log)
  local is_empty = count == 1 and vim.api.nvim_buf_get_lines(log, 0, 1, false)[1] == ''
  local clean = vim.tbl_map(function(line)
    return (line:gsub('\27%[[%d;]*%a', ''):gsub('[\r\n]', ' '))
  end, lines)
  write(log, is_empty and 0 or -1, -1, clean)
  -- A window on it follows, unless it is the one that is being read.
  local window = vim.fn.bufwinid(log)
  if window ~= -1 and window ~= vim.api.nvim_get_current_win() then
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(log), 0 })
  end
end

--- Opens what builds have printed.
function M.open()
  reveal(buffer(LOG))
end

return M
