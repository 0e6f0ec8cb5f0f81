--- `:Portolan`: builds, audits, targets and rules by the server's own commands.

local M = {}

local output = require('portolan.output')

local function notify(text, level)
  vim.notify('Portolan: ' .. text, level or vim.log.levels.INFO)
end

--- Our client: the current buffer's, or the only one there is.
---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ bufnr = 0, name = 'portolan' })[1] or vim.lsp.get_clients({ name = 'portolan' })[1]
end

--- Sends a command to the server; `done` is called with its answer.
---@param command string
---@param argument table?
---@param done fun(answer: any)?
function M.execute(command, argument, done)
  local client = M.client()
  if not client then
    notify('no server runs: open one of its files (flake.nix, Cargo.toml, .cargo/config.toml)', vim.log.levels.WARN)
    return
  end
  local params = { command = command, arguments = argument and { argument } or {} }
  client:request('workspace/executeCommand', params, function(problem, answer)
    if problem then
      notify(problem.message, vim.log.levels.ERROR)
    elseif done then
      done(answer)
    end
  end)
end

--- The folder that a command without a file is about, as a URI.
---@param folder string? the one that somebody pointed at
local function root(folder)
  local client = M.client()
  folder = folder or client and client.root_dir
  return folder and vim.uri_from_fname(folder) or nil
end

--- Builds run programs of the project, so the server starts none before somebody says that it may.
local function trusted(act)
  local client = M.client()
  if client and vim.tbl_get(client.settings, 'portolan', 'trusted') == true then
    return act()
  end
  local folder = client and client.root_dir or vim.fn.getcwd()
  local question = ('A build runs what the project in %s says. Trust it until Neovim ends?'):format(folder)
  if client and vim.fn.confirm(question, '&Yes\n&No', 2) == 1 then
    client.settings = vim.tbl_deep_extend('force', client.settings, { portolan = { trusted = true } })
    client:notify('workspace/didChangeConfiguration', { settings = client.settings })
    -- The server asks for the settings; it has to have them before it hears of the build.
    vim.wait(300, function()
      return false
    end, 50)
    act()
  end
end

--- What a build or an audit said of binaries, in one line each.
local function told(audited)
  return vim.tbl_map(function(one)
    local runs = table.concat(one.runs_on or {}, ', ')
    return ('%s: %s%s'):format(vim.fs.basename(one.file), one.verdict:gsub('-', ' '), runs ~= '' and ': ' .. runs or '')
  end, audited or {})
end

--- The server's words about a build; called by the client's handler.
function M.on_build_output(params)
  output.add(params.target, params.lines or {})
  if params['end'] then
    local lines = told(params['end'].audited)
    local outcome = params['end'].outcome == 'missing' and 'a tool is missing' or params['end'].outcome
    table.insert(lines, 1, ('== %s: %s'):format(params.target, outcome))
    output.add(params.target, lines)
  end
end

--- The server's words about targets and their last builds; called by the client's handler.
function M.on_targets(params, client_id)
  require('portolan.targets').renew(params.projects)
  -- Neovim takes no word from a server that its lenses are old; only where somebody shows them they are asked for.
  local client = vim.lsp.get_client_by_id(client_id)
  for buffer in pairs(client and client.attached_buffers or {}) do
    if vim.api.nvim_buf_is_loaded(buffer) and #vim.lsp.codelens.get(buffer) > 0 then
      vim.lsp.codelens.refresh({ bufnr = buffer })
    end
  end
end

local function build(argument)
  trusted(function()
    M.execute('portolan.build', argument, function(started)
      for _, one in ipairs(started or {}) do
        notify(('building %s with %s: %s'):format(one.target, one.builder, one.why or ''))
      end
    end)
  end)
end

local function audit(argument)
  M.execute('portolan.audit', argument, function(answer)
    local lines = told(answer and answer.files)
    for _, file in ipairs(answer and answer.files or {}) do
      for _, finding in ipairs(file.findings or {}) do
        table.insert(lines, ('   %s[%s]: %s'):format(finding.severity, finding.rule, finding.message))
      end
    end
    output.show('portolan://audit', lines, 'text')
  end)
end

--- What lenses ask for: the same as the commands, with what the lens stands over.
M.lenses = { ['portolan.build'] = build, ['portolan.audit'] = audit }

local commands = {}

function commands.build(target, builder, folder)
  build({ uri = root(folder), target = target, builder = builder })
end

function commands.cancel()
  M.execute('portolan.cancel', nil, function(there_was)
    notify(there_was and 'cancelled' or 'nothing is being built')
  end)
end

--- A path when it names a file, else a target.
function commands.audit(what, _, folder)
  local argument = { uri = root(folder) }
  if what and vim.uv.fs_stat(what) then
    argument.path = vim.fs.abspath(what)
  else
    argument.target = what
  end
  audit(argument)
end

function commands.targets()
  M.execute('portolan.targets', nil, function(projects)
    require('portolan.targets').show(projects or {})
  end)
end

function commands.explain(rule)
  if rule then
    M.execute('portolan.explain', { rule = rule }, function(answer)
      local page = ('# %s\n\n%s'):format(answer.rule, answer.page)
      output.show('portolan://rule/' .. answer.rule, vim.split(page, '\n'), 'markdown')
    end)
    return
  end
  local here = vim.diagnostic.get(0, { lnum = vim.api.nvim_win_get_cursor(0)[1] - 1 })
  for _, diagnostic in ipairs(here) do
    if diagnostic.source == 'portolan' then
      return commands.explain(diagnostic.code)
    end
  end
  M.execute('portolan.explain', nil, function(rules)
    vim.ui.select(rules, {
      prompt = 'Rule',
      format_item = function(one)
        return one.rule .. ': ' .. one.summary
      end,
    }, function(one)
      if one then
        commands.explain(one.rule)
      end
    end)
  end)
end

function commands.fix()
  M.execute('portolan.fixAll', { uri = root() })
end

function commands.log()
  output.open()
end

--- Starts the server anew, also one that was killed: Neovim does not do that by itself.
function commands.restart()
  vim.lsp.enable('portolan', false)
  local ended = vim.wait(5000, function()
    return #vim.lsp.get_clients({ name = 'portolan' }) == 0
  end, 20)
  if not ended then
    notify('the server does not end', vim.log.levels.WARN)
  end
  vim.lsp.enable('portolan', true)
end

local names = vim.tbl_keys(commands)
table.sort(names)

--- Runs `:Portolan NAME …`, for the project in `folder` where one was pointed at.
---@param arguments string[]
---@param folder string?
function M.run(arguments, folder)
  local command = commands[arguments[1]]
  if command then
    command(arguments[2], arguments[3], folder)
  else
    notify(('there is no `%s`: %s'):format(arguments[1], table.concat(names, ', ')), vim.log.levels.ERROR)
  end
end

--- The targets and rules that the server knows, asked while the user waits for a completion.
local function ask(command, read)
  local client = M.client()
  local answer = client and client:request_sync('workspace/executeCommand', { command = command, arguments = {} }, 1000)
  return answer and answer.result and read(answer.result) or {}
end

--- Completes `:Portolan`.
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), '%s+')
  local choices = names
  if #words > 2 or (#words == 2 and lead == '') then
    choices = {}
    if words[2] == 'build' or words[2] == 'audit' then
      choices = ask('portolan.targets', function(projects)
        local found = {}
        for _, project in ipairs(projects) do
          for _, target in ipairs(project.targets) do
            table.insert(found, target.triple)
          end
        end
        return found
      end)
    elseif words[2] == 'explain' then
      choices = ask('portolan.explain', function(rules)
        return vim.tbl_map(function(one)
          return one.rule
        end, rules)
      end)
    end
  end
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
