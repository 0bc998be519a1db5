/** How far the making of something is: a bar with steps per second, and a line when it is made. */
import { SingleBar } from 'cli-progress'

const format = (value: number) => Math.round(value).toLocaleString('en')

/** @param make is given what it tells how many steps there are */
export async function showProgress(
  what: string,
  steps: number,
  make: (onProgress: (done: number) => void) => Promise<void>,
): Promise<void> {
  const bar = new SingleBar({ format: 'making {what} {bar} {percentage}% {rate} steps/s, {eta_formatted} left', etaBuffer: 100 }) // prettier-ignore
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  bar.start(steps, 0, { what, rate: '…' })
  await make((done) => bar.update(done, { rate: format(done / seconds()) }))
  bar.stop()
  console.log(`made ${what} in ${format(seconds())} s, ${format(steps / seconds())} steps/s`)
}
