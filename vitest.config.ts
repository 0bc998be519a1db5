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
    // V8 loses count of its code pages where threads come and go all the time, as with stores here: nodejs/node#64500.
    execArgv: ['--no-memory-protection-keys'],
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
