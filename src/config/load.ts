/** Settings from flags, the environment and defaults, in this order. The only place that reads the environment. */
import { resolve } from 'node:path'
import { LedgerError } from '../domain/errors.ts'
import { SETTING_NAMES, SETTINGS, variableOf, type Setting, type SettingName, type Settings } from './settings.ts'

/**
 * @param flags texts by setting name; undefined = not given
 * @throws LedgerError `unusable` naming the flag or variable, its value and what is accepted
 */
export function loadSettings(
  flags: Partial<Record<SettingName, string | undefined>>,
  environment: NodeJS.ProcessEnv = process.env,
): Settings {
  const found = (name: SettingName): Found | undefined => {
    const flag = flags[name]
    if (flag !== undefined) return { source: `--${name}`, text: flag, rank: 0 }
    const { alias }: Setting = SETTINGS[name]
    const variables = [variableOf(name), ...(alias === undefined ? [] : [alias])]
    const rank = variables.findIndex((variable) => environment[variable])
    const variable = variables[rank]
    return variable === undefined ? undefined : { source: variable, text: environment[variable] ?? '', rank: rank + 1 }
  }
  const values = SETTING_NAMES.map((name) => {
    const { source, text } = found(name) ?? { source: `--${name}`, text: SETTINGS[name].default }
    return [name, read(source, text, SETTINGS[name])]
  })
  const settings = Object.fromEntries(values) as Settings
  const database = chooseDatabase(found('data-dir'), found('database-url'))
  return {
    ...settings,
    'data-dir': resolve(settings['data-dir']),
    'database-url': database ? settings['database-url'] : '',
  }
}

/** A value that was given, and how directly: flags before our variables before those that others use too. */
interface Found {
  source: string
  text: string
  rank: number
}

/**
 * Whether the ledger is in the named database: what was said more directly counts, so that a directory that was typed
 * is not overruled by a variable that stands in the environment for another program.
 */
function chooseDatabase(directory: Found | undefined, database: Found | undefined): boolean {
  if (!database || !directory) return database !== undefined
  if (database.rank !== directory.rank) return database.rank < directory.rank
  throw new LedgerError('unusable', `${directory.source} and ${database.source} name two ledgers: choose one`)
}

/** A variable that somebody names, such as one that holds a database's address with its password. */
export function variableNamed(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment[name] || undefined
}

/** The key and address of another ledger for commands that read one. */
export function remoteFromEnvironment(environment: NodeJS.ProcessEnv = process.env): { url?: string; apiKey?: string } {
  const { STEPLEDGER_URL: url, STEPLEDGER_API_KEY: apiKey } = environment
  return { ...(url && { url }), ...(apiKey && { apiKey }) }
}

function read(source: string, text: string, setting: Setting): string | number | string[] | null {
  const refuse = (accepted: string) => new LedgerError('unusable', `${source}: must be ${accepted}, got '${text}'`)
  switch (setting.kind) {
    case 'port':
    case 'port-or-off': {
      if (setting.kind === 'port-or-off' && text === 'off') return null
      const port = Number(text)
      const accepted = setting.kind === 'port' ? 'a port from 0 to 65535' : 'a port from 0 to 65535, or off'
      if (!/^\d+$/.test(text) || port > 65535) throw refuse(accepted)
      return port
    }
    case 'number':
    case 'bytes': {
      const value = Number(text)
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw refuse('a whole number')
      return value
    }
    case 'words':
      return text.split(',').map((word) => word.trim()).filter((word) => word !== '') // prettier-ignore
    case 'choice':
      if (!setting.choices?.includes(text)) throw refuse(`one of ${setting.choices?.join(', ')}`)
      return text
    case 'count': {
      const value = Number(text)
      if (!/^\d{1,6}$/.test(text) || value === 0) throw refuse('a whole number from 1 to 999999')
      return value
    }
    case 'text':
    case 'secret':
      return text
  }
}
