import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LedgerError } from '../../domain/errors.ts'
import { parseExact, stringifyExact, type JsonValue } from '../../domain/exact-json.ts'
import { cut as cutText, type Cut } from './cut.ts'
import { decode, encode } from './encode.ts'
import { join, joinAsync } from './join.ts'
import { childrenOf, hashOf, keyOf } from './reference.ts'
import { MAX_DEPTH } from './scan.ts'

const cut = (value: JsonValue, loc: readonly string[]) => cutText(stringifyExact(value), loc)
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex')).sort()
const stored = (done: Cut): Map<string, Buffer> =>
  new Map([...done.nodes].map(([key, node]) => [key, encode(node.bytes)]))

/** Cuts, stores, loads and joins. */
function roundTrip(value: JsonValue): string {
  const done = cut(value, ['body'])
  const store = stored(done)
  const load = (hashes: Buffer[]): Map<string, Buffer> =>
    new Map(hashes.map((hash) => [keyOf(hash), decode(store.get(keyOf(hash)) as Buffer)]))
  return join(decode(encode(done.root)), load).toString()
}

const oddString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('\u0000', '\u0001', '\u0002', '"', '\\', '😀', 'ä', '\u2028', '\ud800', '\udc00'),
  }),
  fc.tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 300 })).map(([s, n]) => s.repeat(n)),
)
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  oddString,
  fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
  fc.constantFrom('12345678901234567890', '1e400', `0.${'1'.repeat(1100)}`).map((text) => JSON.rawJSON(text)),
)
const objectOf = (member: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> =>
  fc.array(fc.tuple(fc.oneof(oddString, fc.constant('__proto__')), member), { maxLength: 6 }).map(fromEntries)
const element = fc.oneof(scalar, objectOf(scalar), fc.array(scalar, { maxLength: 4 }))
const long = fc.tuple(fc.array(element, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 90 })).map(repeated)
const anyJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, element, long, fc.array(tie('value'), { maxLength: 6 }), objectOf(tie('value'))),
})).value

function repeated([values, times]: [JsonValue[], number]): JsonValue[] {
  return Array.from({ length: times }, () => values).flat()
}

function fromEntries(entries: [string, JsonValue][]): JsonValue {
  return parseExact(`{${entries.map(([key, value]) => `${stringifyExact(key)}:${stringifyExact(value)}`).join(',')}}`)
}

describe('cut and join', () => {
  test('give back the text of any JSON', () => {
    const property = fc.property(anyJson, (value) => {
      expect(roundTrip(value)).toBe(stringifyExact(value))
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('make nodes that are named by their bytes, know their children, and come after them', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const done = cut(value, [])
        const known = new Set<string>()
        for (const [key, node] of done.nodes) {
          expect(node.bytes.length).toBeGreaterThan(0)
          expect(keyOf(hashOf(node.bytes))).toBe(key)
          expect(hex(node.children)).toEqual(hex(childrenOf(node.bytes)))
          for (const child of node.children) expect(known).toContain(keyOf(child))
          known.add(key)
        }
        expect(hex(done.children)).toEqual(hex(childrenOf(done.root)))
      }),
    )
  })

  test.each([
    ['control characters', { a: '\u0000\u0001\u0002'.repeat(500), b: ['\u0001'.repeat(300), '\u0002'] }],
    ['lone surrogates', { '\ud800': ['\udfff'.repeat(2000)] }],
    ['keys that mean something', JSON.parse(`{"__proto__":{"toJSON":"${'x'.repeat(2000)}"},"1":0,"0":1}`)],
    ['numbers beyond a double', [JSON.rawJSON('12345678901234567890'), JSON.rawJSON('1e400'), 'x'.repeat(5000)]],
    ['text beyond ASCII', Object.fromEntries(Array.from({ length: 400 }, (_, i) => [i, '語'.repeat(i)]))],
    ['a large string alone', 'x'.repeat(5000)],
    ['an object that says it is a raw number', { rawJSON: '1'.repeat(3000) }],
    ['a long array of numbers', Array.from({ length: 5000 }, (_, i) => i)],
    ['empty things in a large one', [[], {}, '', 'x'.repeat(3000), [[]], { '': {} }]],
    ['nothing', null],
  ] as [string, JsonValue][])('keep %s', (_, value) => {
    expect(roundTrip(value)).toBe(stringifyExact(value))
  })

  test('refuse what is nested too deeply, wherever that is, and take what is just not', () => {
    const large = stringifyExact('x'.repeat(3000))
    for (const [before, after] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[', `,${large}]`],
    ] as const) {
      const nest = (depth: number) => `${before.repeat(depth)}1${after.repeat(depth)}`
      for (const depth of [MAX_DEPTH + 1, 100_000]) {
        expect(() => cutText(nest(depth), ['body', 'request'])).toThrow(LedgerError)
        expect(() => cutText(`{"m":[${large},${nest(depth)}]}`, ['body', 'request'])).toThrow(
          expect.objectContaining({ code: 'invalid', issues: [expect.objectContaining({ loc: ['body', 'request'] })] }),
        )
      }
      expect(roundTrip(parseExact(nest(MAX_DEPTH)))).toBe(nest(MAX_DEPTH))
    }
  })
})

describe('sharing', () => {
  const message = (i: number): JsonValue => ({ role: 'user', content: `${i} ${'word '.repeat(60)}` })
  const request = (length: number): JsonValue => ({
    model: 'm',
    messages: Array.from({ length }, (_, i) => message(i)),
  })

  test('an appended message adds itself, seldom a small node, and no more', () => {
    const all = new Map<string, Buffer>()
    let treeBytes = 0
    for (let length = 1; length <= 500; length++) {
      const done = cut(request(length), [])
      const added = [...done.nodes].filter(([key]) => !all.has(key))
      for (const [key, node] of added) {
        all.set(key, node.bytes)
        if (node.children.length > 0) treeBytes += node.bytes.length
      }
      // At most the message and one node per level of the tree; the first requests are small enough to stay whole.
      if (length > 10) expect(added.length).toBeLessThanOrEqual(1 + Math.log(length) / Math.log(5))
      if (length > 10) expect(done.root.length).toBeLessThan(40 + 4 * 18 * Math.ceil(Math.log(length) / Math.log(5)))
    }
    expect(all.size).toBeLessThan(500 * 1.25 + 10)
    expect(treeBytes).toBeLessThan(500 * 25)
  })

  test('a text is shared when its cache marker moves', () => {
    const block = (text: string, marked: boolean): JsonValue => ({
      role: 'user',
      content: [{ type: 'text', text, ...(marked ? { cache_control: { type: 'ephemeral' } } : {}) }],
    })
    const texts = [1, 2, 3].map((i) => `${i}`.repeat(4000))
    const before = cut({ messages: texts.slice(0, 2).map((text, i) => block(text, i === 1)) }, [])
    const after = cut({ messages: texts.map((text, i) => block(text, i === 2)) }, [])
    const added = [...after.nodes].filter(([key]) => !before.nodes.has(key))
    expect(added.map(([, node]) => node.bytes.length)).toEqual([4002])
    expect(after.root.length).toBeLessThan(400)
  })

  test('a small value needs no parts', () => {
    const done = cut({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }, [])
    expect(done.nodes.size).toBe(0)
    expect(done.children).toEqual([])
  })
})

describe('join', () => {
  const value = { messages: Array.from({ length: 100 }, (_, i) => `${i % 50}`.repeat(1000)) }
  const done = cut(value, [])
  const nodes = new Map([...done.nodes].map(([key, node]) => [key, node.bytes]))

  test('loads each node once, level by level', async () => {
    const asked: Buffer[][] = []
    const load = (hashes: Buffer[]): Map<string, Buffer> => {
      asked.push(hashes)
      return nodes
    }
    expect(join(done.root, load).toString()).toBe(stringifyExact(value))
    expect(hex(asked.flat())).toEqual(hex([...done.nodes.values()].map((node) => node.hash)))
    expect(asked.length).toBeLessThanOrEqual(4)
    expect((await joinAsync(done.root, (hashes) => Promise.resolve(load(hashes)))).toString()).toBe(
      stringifyExact(value),
    )
  })

  test('names what is missing or damaged', () => {
    const [key, node] = [...done.nodes].at(0) as [string, { hash: Buffer; bytes: Buffer }]
    const name = node.hash.toString('hex')
    expect(() => join(done.root, () => new Map([...nodes].filter(([k]) => k !== key)))).toThrow(`${name} is missing`)
    expect(() => join(done.root, () => new Map([...nodes, [key, Buffer.from('"x"')]]))).toThrow(`${name} is damaged`)
    expect(() => join(Buffer.from('[\u0001abc]'), () => nodes)).toThrow('ends within a reference')
  })
})
