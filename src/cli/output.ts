/** Writing to the standard streams: results to standard output, words about them to standard error. */
import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

/** Colours for a stream: none unless it is a terminal that shows them (NO_COLOR and TERM are honoured by Node). */
export function colorsOf(stream: NodeJS.WriteStream): Colors {
  // Told nothing, picocolors would look at standard output alone, and paint in every CI.
  return pc.createColors(stream.isTTY ? stream.hasColors() : false)
}

/** Columns of the terminal; undefined when the stream is none, so that nothing is cut in files and pipes. */
export function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns : undefined
}

/**
 * Writes results; resolves when the system took them, so that no more than one piece waits in memory.
 * @throws an error with code EPIPE when nobody reads any more
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** A line to the user beside the results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A line that says what went wrong. */
export function complain(text: string): void {
  note(`${colorsOf(process.stderr).red('error:')} ${text}`)
}

// oxlint-disable-next-line no-control-regex -- control characters are what it removes
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text of others as a terminal may show it. What agents and tools said may hold escape sequences, which could
 * rewrite the screen or the clipboard of whoever looks at it; and signs that turn the direction of text.
 */
export function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(CONTROL, '\u00b7')
}

/** The same on one line. */
export function oneLine(text: string): string {
  return plain(text.replaceAll(/\s+/g, ' ')).trim()
}

const NUMBERS = new Intl.NumberFormat('en-US')

/** `12,345` */
export function count(value: number): string {
  return NUMBERS.format(value)
}

/** `1 step`, `12,345 steps` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
