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
  const values = SETTING_NAMES.map((name) => {
    const flag = flags[name]
    const variable = environment[variableOf(name)] || undefined
    const source = flag !== undefined || variable === undefined ? `--${name}` : variableOf(name)
    return [name, read(source, flag ?? variable ?? SETTINGS[name].default, SETTINGS[name])]
  })
  const settings = Object.fromEntries(values) as Settings
  return { ...settings, 'data-dir': resolve(settings['data-dir']) }
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
    case 'text':
      return text
  }
}
