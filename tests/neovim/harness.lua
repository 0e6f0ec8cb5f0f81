--- What the Neovim tests share: assertions that wait and say what they waited for, throw-away projects, buffers.

local M = { passed = 0, failed = 0 }

--- Longest wait for something that should come. Generous, since CI's machine has two cores and runs a debug build.
M.patience = 15000
--- How long nothing must happen before we believe that nothing will.
M.silence = 400

local function say(line)
  io.stdout:write(line, '\n')
  io.stdout:flush()
end

--- Counts one assertion; `why` is shown when it does not hold.
function M.check(name, holds, why)
  if holds then
    M.passed = M.passed + 1
    say(('ok %d - %s'):format(M.passed + M.failed, name))
  else
    M.failed = M.failed + 1
    say(('not ok %d - %s'):format(M.passed + M.failed, name))
    for line in vim.gsplit(why or 'it does not hold', '\n') do
      say('    ' .. line)
    end
  end
  return holds
end

--- Asserts that two values are the same.
function M.equal(name, got, wanted)
  local same = vim.deep_equal(got, wanted)
  return M.check(name, same, not same and ('wanted %s\ngot    %s'):format(vim.inspect(wanted), vim.inspect(got)))
end

--- Thrown by `becomes` when it has said what did not come: the rest of the scenario builds on it.
local GIVEN_UP = {}

--- Asserts that `read()` comes to `wanted` before the patience ends; else the scenario ends here.
function M.becomes(name, read, wanted)
  local got
  vim.wait(M.patience, function()
    got = read()
    return vim.deep_equal(got, wanted)
  end, 10)
  local why = ('after %d ms\nwanted %s\ngot    %s'):format(M.patience, vim.inspect(wanted), vim.inspect(got))
  if not M.check(name, vim.deep_equal(got, wanted), why) then
    error(GIVEN_UP)
  end
end

--- Lets time pass, events included.
function M.rest()
  vim.wait(M.silence, function()
    return false
  end, 20)
end

--- Runs one scenario: an error in it is a failure of that scenario and not the end of the others.
function M.scenario(name, run)
  say('# ' .. name)
  local fine, message = xpcall(run, function(thrown)
    return thrown == GIVEN_UP and thrown or debug.traceback(thrown)
  end)
  if not fine and message ~= GIVEN_UP then
    M.check(name, false, message)
  end
  vim.cmd('silent! %bwipeout!')
end

--- Prints the sum and ends Neovim with the code that belongs to it.
function M.finish()
  say(('neovim: %d ok, %d not ok'):format(M.passed, M.failed))
  -- Not os.exit: the servers have to be stopped as they are when a person quits.
  vim.cmd((M.failed > 0 or M.passed == 0) and 'cquit 1' or 'qall!')
end

local function write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end
M.write = write

--- Reads a whole file.
function M.read(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

--- A throw-away folder holding `files` (relative path to text); its real path.
function M.project(files)
  local root = vim.fn.tempname()
  vim.fn.mkdir(root, 'p')
  root = assert(vim.uv.fs_realpath(root))
  for path, text in pairs(files) do
    write(root .. '/' .. path, text)
  end
  return root
end

--- A throw-away copy of a folder.
function M.copy(from)
  local files = {}
  for path, kind in vim.fs.dir(from, { depth = 8 }) do
    if kind == 'file' then
      files[path] = M.read(from .. '/' .. path)
    end
  end
  return M.project(files)
end

--- Opens a file and gives its buffer.
function M.open(path)
  vim.cmd.edit(vim.fn.fnameescape(path))
  return vim.api.nvim_get_current_buf()
end

--- The buffer's text, with the last line's end.
function M.text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. '\n'
end

--- Replaces the first `from` in the buffer by `to`, character by character as typing would: one change event.
function M.replace(buffer, from, to)
  for row, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local first, last = line:find(from, 1, true)
    if first then
      vim.api.nvim_buf_set_text(buffer, row - 1, first - 1, row - 1, last, vim.split(to, '\n'))
      return
    end
  end
  error(('there is no %q in the buffer'):format(from))
end

--- Puts the cursor on the first `text` of the buffer.
function M.go_to(buffer, text)
  for row, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local first = line:find(text, 1, true)
    if first then
      vim.api.nvim_win_set_buf(0, buffer)
      vim.api.nvim_win_set_cursor(0, { row, first - 1 })
      return
    end
  end
  error(('there is no %q in the buffer'):format(text))
end

local SEVERITIES = { 'error', 'warning', 'hint', 'hint' }

--- Our diagnostics of a buffer as `line: severity rule`, sorted by line.
function M.found(buffer)
  local lines = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    if diagnostic.source == 'portolan' then
      local severity = SEVERITIES[diagnostic.severity]
      -- Hints are worth knowing and come and go with rules; the tests speak of what is wrong.
      if severity ~= 'hint' then
        table.insert(lines, ('%d: %s %s'):format(diagnostic.lnum + 1, severity, diagnostic.code))
      end
    end
  end
  table.sort(lines)
  return lines
end

--- What a file expects of itself in comments: `# ^^^ error missing-linker` under the place.
function M.expected(text)
  local lines, number, spot = {}, 0, 0
  for line in vim.gsplit(text, '\n') do
    number = number + 1
    local severity, rule = line:match('^%s*#%s*%^+%s+(%l+)%s+([%l%d-]+)')
    if not severity then
      spot = number
    elseif severity ~= 'hint' then
      table.insert(lines, ('%d: %s %s'):format(spot, severity, rule))
    end
  end
  table.sort(lines)
  return lines
end

--- Our clients that are attached to a buffer.
function M.clients(buffer)
  return vim.lsp.get_clients({ bufnr = buffer, name = 'portolan' })
end

return M
