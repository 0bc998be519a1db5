import { configDefaults, defineConfig } from 'vitest/config'

/** What is asked of a whole server, whichever engine holds its ledger. */
const OF_ANY_ENGINE = [
  'test/compat/**/*.test.ts',
  'test/guard/**/*.test.ts',
  'test/http/**/*.test.ts',
  'test/import/ledger.test.ts',
  'test/otlp/end-to-end*.test.ts',
  'test/otlp/packages/*.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: 'test/support/postgres-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores, and several tests start servers of their own.
    maxWorkers: 2,
    // V8 does not bear it that threads come and go all the time, as with stores here. It loses count of its code pages
    // (nodejs/node#64500); and it crashes where it replaces a wrapper around a call from WebAssembly, which is how Node strips
    // types: with such a budget it never does.
    execArgv: ['--no-memory-protection-keys', '--wasm-wrapper-tiering-budget=2000000000'],
    reporters: ['default', ['junit', { outputFile: 'reports/vitest.xml' }]],
    projects: [
      { extends: true, test: { name: 'stepledger', include: ['src/**/*.test.ts', 'test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'on PostgreSQL',
          include: OF_ANY_ENGINE,
          exclude: configDefaults.exclude,
          env: { STEPLEDGER_TEST_STORE: 'postgres' },
        },
      },
    ],
  },
})
