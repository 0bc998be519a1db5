/** What has to be stopped and removed, whatever ends the run. */
type Step = () => unknown

const steps: Step[] = []
let cleaning: Promise<void> | undefined

/** Is done at the end, the latest first. */
export function atEnd(step: Step): void {
  steps.push(step)
}

export function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    for (let step = steps.pop(); step; step = steps.pop()) {
      try {
        await step()
      } catch (error) {
        console.error(error)
      }
    }
  })()
  return cleaning
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  // prettier-ignore
  process.on(signal, () => void cleanUp().then(() => process.exit(code)))
