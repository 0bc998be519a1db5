/** What the machine could do at best: the limits that figures are compared with. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** How often a second one page can be written and made durable, one after another. */
export function measureFsync(directory: string): number {
  const file = openSync(join(directory, 'fsync'), 'w')
  const page = Buffer.alloc(4096, 1)
  const end = performance.now() + 1000
  let count = 0
  while (performance.now() < end) {
    writeSync(file, page)
    fsyncSync(file)
    count++
  }
  closeSync(file)
  return count
}
