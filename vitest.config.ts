import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores, and several tests start servers of their own.
    maxWorkers: 2,
    reporters: ['default', ['junit', { outputFile: 'reports/vitest.xml' }]],
  },
})
