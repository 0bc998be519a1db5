/** What was typed, checked: a wrong word is answered with the right ones. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Ends with a sentence. */
export function refuse(sentence: string): never {
  console.error(`${sentence}; see --help`)
  process.exit(2)
}

export function parse<C extends ParseArgsConfig>(config: C): ReturnType<typeof parseArgs<C>> {
  try {
    return parseArgs(config)
  } catch (error) {
    return refuse((error as Error).message)
  }
}

export function oneOf<T extends string>(what: string, words: readonly string[], known: readonly T[]): T[] {
  const unknown = words.find((word) => !(known as readonly string[]).includes(word))
  if (unknown !== undefined) refuse(`${what} is one of ${known.join(', ')}, not '${unknown}'`)
  return words as T[]
}

export function wholeNumber(what: string, least: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    return Number.isSafeInteger(number) && number >= least
      ? number
      : refuse(`${what} is a whole number from ${least}, not '${text}'`)
  }
}
