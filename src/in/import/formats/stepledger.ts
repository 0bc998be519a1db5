/** Our own JSONL: one step per line, exactly as `POST /v1/steps` takes it. See docs/import.md. */
import { derivedId } from '../../../domain/id.ts'
import { STEP_FIELD_NAMES, type StepInput } from '../../../domain/step.ts'
import type { ImportFormat } from '../format.ts'
import { located, Place, topLevelKeys } from '../place.ts'
import { parseJson } from '../source-file.ts'

const VERSION = 1
const OTHER_KEYS = ['id', 'created_at', 'job_id', 'tags', 'messages', 'metrics', 'provider_trace']
const STEP_KEYS = new Set<string>([...STEP_FIELD_NAMES, ...OTHER_KEYS])

export const stepledger: ImportFormat = {
  name: 'stepledger',
  describe: 'steps as JSON lines, what `stepledger export` writes (.jsonl)',
  merges: true,
  detect(file) {
    const keys = topLevelKeys(file.head())
    if (keys.has('stepledger_export')) return true
    if (/^\s*\{[^\n]*"id"\s*:\s*"step-/.test(file.head()) && keys.has('id')) return true
    return keys.size > 0 && [...keys].every((key) => STEP_KEYS.has(key))
  },
  async *steps(file) {
    for await (const { line, text } of file.lines()) {
      const where = `line ${line}: `
      const place = new Place(parseJson(text, where), where)
      const object = place.object()
      const version = place.at('stepledger_export')
      if (version.known) {
        if (version.value !== VERSION) version.fail(`${VERSION}, the version that this program reads`)
        continue
      }
      // Without an id the line itself is the identity, so that a second import still finds the same step.
      const id = object['id'] ?? derivedId('step', 'stepledger', line, text)
      yield located({ ...object, id } as StepInput, where)
    }
  },
}
