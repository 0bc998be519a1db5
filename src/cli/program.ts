/** The commands with their flags. What a command does is loaded when it is chosen, so that `serve` stays small. */
import { Argument, Command, Option } from 'commander'
import { SETTING_NAMES, type SettingName } from '../config/settings.ts'
import { RUN_FILTERS, STEP_FILTERS } from '../domain/step-query.ts'
import { VERSION } from '../version.ts'
import { EXIT, type ExitCode } from './errors.ts'
import {
  addFilterOptions,
  addJsonOptions,
  addLedgerOptions,
  addListOptions,
  addSourceOptions,
  settingOption,
} from './options.ts'
import { colorsOf } from './output.ts'

/** @param done is told the exit code of a command that ended by itself */
export function makeProgram(done: (code: ExitCode) => void): Command {
  const program = new Command('stepledger')
    .description('Records what agents do, one step per model call, and serves it over the Letta steps API.')
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
  const add: AddCommand = (parent, name, description) => configured(parent.command(name).description(description))
  configured(program)
  const act: Act = (command, run) => {
    command.action(async (...args) => done((await run(...(args as never[]))) ?? EXIT.ok))
  }
  addServe(program, add, act)
  addDemo(program, add, act)
  addImport(program, add, act)
  addExport(program, add, act)
  addCopy(program, add, act)
  addSteps(program, add, act)
  addRuns(program, add, act)
  addKeys(program, add, act)
  addProjects(program, add, act)
  addDoctor(program, add, act)
  return program
}

type AddCommand = (parent: Command, name: string, description: string) => Command
type Act = (command: Command, run: (...args: never[]) => Promise<ExitCode | void>) => void

const EXAMPLES = `
A first minute:
  stepledger serve                              a ledger on http://localhost:8283
  stepledger import runs/                       fill it with recordings
  stepledger steps list --status failed         look what went wrong
  stepledger COMMAND --help                     every flag of a command`

/** The same manners for every command, and errors in the colours of our own. */
function configured(command: Command): Command {
  return command
    .configureOutput({ outputError: (text, write) => write(painted(text)) })
    .showHelpAfterError(`(stepledger ${pathOf(command)}--help tells more)`)
    .configureHelp({ optionTerm: termOf, sortSubcommands: false })
    .helpCommand(false)
    .allowExcessArguments(false)
    .exitOverride()
}

function pathOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(`${at.name()} `)
  return names.join('')
}

function painted(text: string): string {
  return text.replace(/^error:/, colorsOf(process.stderr).red('error:'))
}

/** A yes-or-no filter and its negative are one line of help. */
const YES_OR_NO = new Set(
  Object.entries({ ...STEP_FILTERS, ...RUN_FILTERS }).flatMap(([name, { kind }]) => (kind === 'flag' ? [name] : [])),
)
function termOf(option: Option): string {
  const isEither = YES_OR_NO.has(option.name().replaceAll('-', '_'))
  return isEither ? option.flags.replace('--', '--[no-]') : option.flags
}

function addServe(program: Command, add: AddCommand, act: Act): void {
  const serve = add(program, 'serve', 'Serve the ledger until it is told to stop')
  for (const name of SETTING_NAMES) serve.addOption(settingOption(name))
  act(serve, async (options) => (await import('./serve.ts')).serveCommand(options))
}

/** Settings that say where a ledger is; the demo has its own. */
const LEDGER_PLACES = new Set<SettingName>(
  SETTING_NAMES.filter((name) => name === 'data-dir' || name.startsWith('database-')),
)
function addDemo(program: Command, add: AddCommand, act: Act): void {
  const demo = add(program, 'demo', 'Serve real recordings from a temporary ledger, to look around')
  for (const name of SETTING_NAMES) if (!LEDGER_PLACES.has(name)) demo.addOption(settingOption(name))
  act(demo, async (options) => (await import('./demo.ts')).demoCommand(options))
}

function addImport(program: Command, add: AddCommand, act: Act): void {
  const command = add(program, 'import', 'Import recordings of agents: files, and directories of them')
    .addArgument(new Argument('<path...>', 'Files and directories'))
    .addOption(new Option('--format <name>', 'Name of the format, instead of finding it out (docs/import.md)'))
  addJsonOptions(addSourceOptions(command), false)
  act(command, async (paths, options) => (await import('./import.ts')).importCommand(paths, options))
}

function addExport(program: Command, add: AddCommand, act: Act): void {
  const command = add(
    program,
    'export',
    'Export steps with everything they hold, oldest first, as JSON lines',
  ).addArgument(new Argument('[file]', 'File to write; standard output when there is none'))
  addSourceOptions(addFilterOptions(command, STEP_FILTERS))
  act(command, async (file, options) => (await import('./export.ts')).exportCommand(file, options))
}

function addCopy(program: Command, add: AddCommand, act: Act): void {
  const where = 'a directory, postgres://…, or env:NAME for a variable that holds one'
  const command = add(program, 'copy', 'Copy a whole ledger into another one, and check that it is whole')
    .addOption(new Option('--from <ledger>', `The ledger to read: ${where}`).makeOptionMandatory())
    .addOption(new Option('--to <ledger>', 'The ledger to fill, likewise; made when missing').makeOptionMandatory())
    .addOption(settingOption('log-level'))
  addJsonOptions(command, false)
  act(command, async (options) => (await import('./copy.ts')).copyCommand(options))
}

function addSteps(program: Command, add: AddCommand, act: Act): void {
  const steps = add(program, 'steps', 'Read steps')
  const list = add(steps, 'list', 'List steps, newest first').addOption(
    new Option('--no-messages', 'Leave the messages out, for light rows'),
  )
  addSourceOptions(addJsonOptions(addListOptions(addFilterOptions(list, STEP_FILTERS)), true))
  act(list, async (options) => (await import('./steps-list.ts')).stepsListCommand(options))

  const get = add(steps, 'get', 'Show one step with its messages').addArgument(new Argument('<id>', 'step-<uuid>'))
  addJsonOptions(get, false).addOption(
    new Option('--trace', "The provider's request and response, as JSON").conflicts('json'),
  )
  addSourceOptions(get)
  act(get, async (id, options) => (await import('./steps-get.ts')).stepsGetCommand(id, options))
}

function addRuns(program: Command, add: AddCommand, act: Act): void {
  const runs = add(program, 'runs', 'Read runs')
  const list = add(runs, 'list', 'List runs, newest first')
  addSourceOptions(addJsonOptions(addListOptions(addFilterOptions(list, RUN_FILTERS)), true))
  act(list, async (options) => (await import('./runs-list.ts')).runsListCommand(options))
}

function addKeys(program: Command, add: AddCommand, act: Act): void {
  const keys = add(program, 'keys', 'Manage the API keys of a ledger')
  const create = add(keys, 'create', 'Make a key and print it, this once')
    .addArgument(new Argument('<name>', 'What the key is for'))
    .addOption(
      new Option('--role <role>', 'What it may do: read; read and write; everything')
        .choices(['read', 'write', 'admin'])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--project <slug>', 'The one project it may touch (default: all)'))
  addLedgerOptions(addJsonOptions(create, false))
  act(create, async (name, options) => (await import('./keys.ts')).keysCreateCommand(name, options))

  const list = add(keys, 'list', 'List keys, also those no longer in force')
  addLedgerOptions(addJsonOptions(list, false))
  act(list, async (options) => (await import('./keys.ts')).keysListCommand(options))

  const revoke = add(keys, 'revoke', 'Take a key out of force').addArgument(
    new Argument('<id>', 'key-<uuid>, as listed'),
  )
  addLedgerOptions(revoke)
  act(revoke, async (id, options) => (await import('./keys.ts')).keysRevokeCommand(id, options))
}

function addProjects(program: Command, add: AddCommand, act: Act): void {
  const projects = add(program, 'projects', 'Manage the projects of a ledger')
  const create = add(projects, 'create', 'Make a project and print its id').addArgument(
    new Argument('<slug>', 'Its short name: small letters, digits, . _ -'),
  )
  addLedgerOptions(addJsonOptions(create, false))
  act(create, async (slug, options) => (await import('./projects.ts')).projectsCreateCommand(slug, options))

  const list = add(projects, 'list', 'List projects')
  addLedgerOptions(addJsonOptions(list, false))
  act(list, async (options) => (await import('./projects.ts')).projectsListCommand(options))
}

function addDoctor(program: Command, add: AddCommand, act: Act): void {
  const doctor = add(program, 'doctor', 'Check the ledger and say what is wrong and what to do')
  addSourceOptions(addJsonOptions(doctor, false))
  act(doctor, async (options) => (await import('./doctor.ts')).doctorCommand(options))
}
