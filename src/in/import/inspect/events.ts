/** A sample's events, with what an Inspect log keeps elsewhere put back: attachments, pooled messages and calls. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { Place } from '../place.ts'

export interface SampleEvent {
  kind: 'model' | 'tool'
  place: Place
  /** The event's own id, or its number in the sample. */
  id: string
  /** The scorer in whose span it happened. */
  scorer: string | null
  /** A model event's input, also where only references to the pool are kept. */
  input(): Place[]
  calls: Place[]
}

const REFERENCE = /^(?:attachment|tc):\/\//

/** The model and tool events of a sample, in the order of the file; older logs nest a tool's events inside of it. */
export function eventsOf(sample: Place): SampleEvent[] {
  const transcript = sample.at('transcript')
  const attachments = {
    ...transcript.at('content').optionalObject(),
    ...transcript.at('attachments').optionalObject(),
    ...sample.at('attachments').optionalObject(),
  }
  const resolve = (place: Place): Place => new Place(resolved(place.value ?? null, attachments), place.where)
  const pools = sample.at('events_data')
  const messages = pools.at('messages').list().map(resolve)
  const calls = pools.at('calls').list().map(resolve)
  const scorers = new Map<string, string>()
  const parents = new Map<string, string>()
  const open: (string | null)[] = []
  const found: SampleEvent[] = []
  let number = 0

  function visit(event: Place): void {
    const kind = event.at('event').text()
    const index = number++
    if (kind === 'span_begin') openSpan(event)
    // Older logs mark scorers by steps: begin and end, one inside the other.
    if (kind === 'step' && event.at('action').value === 'begin') {
      open.push(event.at('type').value === 'scorer' ? event.at('name').text() : null)
    }
    if (kind === 'step' && event.at('action').value === 'end') open.pop()
    if (kind === 'model' || kind === 'tool') {
      const place = resolve(event)
      found.push({
        kind,
        place,
        id: event.at('uuid').name() ?? String(index),
        scorer: scorerOf(event.at('span_id').text()) ?? open.findLast((name) => name !== null) ?? null,
        input: () =>
          place.at('input_refs').known ? ranges(place.at('input_refs'), messages) : place.at('input').list(),
        calls,
      })
    }
    event.at('events').list().forEach(visit)
  }

  function openSpan(event: Place): void {
    const id = event.at('id').text() ?? event.at('span_id').text()
    if (id === null) return
    const parent = event.at('parent_id').text()
    if (parent !== null) parents.set(id, parent)
    if (event.at('type').value === 'scorer') scorers.set(id, event.at('name').text() ?? 'scorer')
  }

  function scorerOf(span: string | null): string | null {
    for (let id = span ?? undefined, depth = 0; id !== undefined && depth < 100; id = parents.get(id), depth++) {
      const scorer = scorers.get(id)
      if (scorer !== undefined) return scorer
    }
    return null
  }

  const events = sample.at('events').known ? sample.at('events') : transcript.at('events')
  events.list().forEach(visit)
  return found
}

/** The raw call to the provider, if the log keeps it. */
export function modelCall(
  event: SampleEvent,
): { request: JsonObject; response: JsonObject | null; time: number | null } | null {
  const call = event.place.at('call')
  if (!call.optionalObject()) return null
  const request = { ...call.at('request').object() }
  if (call.at('call_refs').known) {
    const pooled = ranges(call.at('call_refs'), event.calls).map((place) => place.value ?? null)
    request[call.at('call_key').text() ?? 'messages'] = pooled
  }
  const response = call.at('response')
  return { request, response: isJsonObject(response.value) ? response.value : null, time: call.at('time').number() }
}

/** References are `[start, end)` ranges of a pool. */
function ranges(refs: Place, pool: Place[]): Place[] {
  return refs.list().flatMap((range) => {
    const [start, end] = range.list().map((bound) => bound.count() ?? 0)
    if (start === undefined || end === undefined || end > pool.length)
      range.fail(`a range within the ${pool.length} pooled values`)
    return pool.slice(start, end)
  })
}

function resolved(value: JsonValue, attachments: JsonObject): JsonValue {
  if (typeof value === 'string') {
    if (!REFERENCE.test(value)) return value
    const found = attachments[value.replace(REFERENCE, '')]
    return found === undefined ? value : found
  }
  if (Array.isArray(value)) return value.map((each) => resolved(each, attachments))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, attachments)]))
}
