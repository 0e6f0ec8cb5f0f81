--- The targets window: each target, what it lacks, and the way to the line that says so.

local M = {}

local output = require('portolan.output')

local MARKS = { ok = '✓', missing = '✗', broken = '✗', ['not-needed'] = '–', unknown = '?' }
local FACTS = { { 'std', 'std' }, { 'linker', 'linker' }, { 'c_compiler', 'C compiler' } }

--- A value of JSON, or nothing where it says null.
local function given(value)
  if value ~= vim.NIL then
    return value
  end
end

--- The lines, and for each the place that it leads to.
local function render(projects)
  local lines, places, heads = {}, {}, {}
  local function add(text, project, place)
    table.insert(lines, text)
    if place and place.file and project then
      places[#lines] = { file = vim.fs.joinpath(project.root, place.file), at = place.range.start }
    end
  end
  for _, project in ipairs(projects) do
    add(vim.fn.fnamemodify(project.root, ':~') .. '  (built on ' .. project.host .. ')')
    if #project.targets == 0 then
      add('  no file names a target')
    end
    for _, target in ipairs(project.targets) do
      add('')
      add((target.ready and '✓ ' or '✗ ') .. target.triple, project, target.declared[1])
      heads[#lines] = { triple = target.triple, root = project.root }
      for _, fact in ipairs(FACTS) do
        local said = target[fact[1]]
        local value = given(said.value)
        add(
          ('  %s %-12s %s%s'):format(MARKS[said.state] or ' ', fact[2], said.state, value and ': ' .. value or ''),
          project,
          given(said.from)
        )
      end
      add(('    %-12s %s'):format('linkage', target.linkage))
      add(('    %-12s %s'):format('builder', target.builder))
      for _, native in ipairs(target.native) do
        add(('    %-12s %s  %s'):format('native', native.crate, table.concat(native.path, ' → ')))
      end
      for _, last in ipairs({ { 'last build', target.last_build }, { 'last audit', target.last_audit } }) do
        local said = given(last[2])
        if said then
          add(('    %-12s %s'):format(last[1], said.words))
        end
      end
    end
    add('')
  end
  table.insert(lines, '<CR> where it is written   b build   a audit   r renew   q close')
  return lines, places, heads
end

local NAME = 'portolan://targets'
local places, heads = {}, {}

--- The target whose lines the cursor is in, and the folder of its project.
local function target_here()
  for row = vim.api.nvim_win_get_cursor(0)[1], 1, -1 do
    if heads[row] then
      return heads[row]
    end
  end
end

--- Puts new lines into the window, where there is one.
function M.renew(projects)
  if output.is_shown(NAME) then
    local lines
    lines, places, heads = render(projects)
    output.replace(NAME, lines)
  end
end

--- Opens the window.
function M.show(projects)
  local lines
  lines, places, heads = render(projects)
  local buffer = output.show(NAME, lines, 'portolan-targets')
  local function map(key, what, act)
    vim.keymap.set('n', key, act, { buffer = buffer, desc = 'Portolan: ' .. what })
  end
  map('<CR>', 'where it is written', function()
    local place = places[vim.api.nvim_win_get_cursor(0)[1]]
    if place then
      vim.cmd('wincmd p')
      -- Not `:edit`: it refuses a buffer with changes, also the one that is shown already.
      local target = vim.fn.bufadd(place.file)
      vim.bo[target].buflisted = true
      vim.api.nvim_win_set_buf(0, target)
      local line = vim.api.nvim_buf_get_lines(0, place.at.line - 1, place.at.line, false)[1] or ''
      -- Columns count characters.
      vim.api.nvim_win_set_cursor(0, { place.at.line, vim.str_byteindex(line, 'utf-32', place.at.column - 1, false) })
    end
  end)
  for key, command in pairs({ b = 'build', a = 'audit' }) do
    map(key, command, function()
      local target = target_here()
      if target then
        require('portolan').run({ command, target.triple }, target.root)
      end
    end)
  end
  map('r', 'renew', function()
    require('portolan').run({ 'targets' })
  end)
end

return M
