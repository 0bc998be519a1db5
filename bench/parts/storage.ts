/** Bytes on disk: of a step, by what they are for, beside its JSON and that compressed; of recorded requests, beside the same. */
import { gzipSync } from 'node:zlib'
import { stringifyExact } from '../../src/domain/exact-json.ts'
import type { Context } from '../part.ts'
import { benchRecordings } from '../recordings.ts'
import type { Figure } from '../report.ts'
import { sizesOf } from '../sizes.ts'
import { load } from '../workload/index.ts'

export async function benchStorage(context: Context): Promise<Figure[]> {
  const figures = await benchSteps(context)
  // What content takes is the same on all engines.
  return context.engine === 'sqlite' ? [...figures, ...(await benchRecordings(context.recordings))] : figures
}

async function benchSteps({ engine, ledgers, sizes, seed }: Context): Promise<Figure[]> {
  const steps = sizes[0] as number
  const kinds = await sizesOf(await ledgers.of(engine, steps))
  let [json, gzip] = [0, 0]
  for (const arrival of load({ seed, steps })) {
    if (arrival.kind !== 'step' || arrival.again) continue
    const text = stringifyExact(arrival.step)
    json += Buffer.byteLength(text)
    gzip += gzipSync(text, { level: 6 }).length
  }
  const total = [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0)
  const each = (bytes: number) => Math.round(bytes / steps)
  const byKind = [...kinds].toSorted(([, a], [, b]) => b - a)
  return [
    {
      name: `a step of ${steps.toLocaleString('en')}, all in all`,
      value: each(total),
      unit: 'bytes',
      limit: { name: 'its JSON', value: each(json), unit: 'bytes' },
      ratio: total / json,
    },
    {
      name: 'the same',
      value: each(total),
      unit: 'bytes',
      limit: { name: 'its JSON by gzip -6', value: each(gzip), unit: 'bytes' },
      ratio: total / gzip,
    },
    ...byKind.map(([kind, bytes]): Figure => ({ name: `of that ${kind}`, value: each(bytes), unit: 'bytes' })),
  ]
}
