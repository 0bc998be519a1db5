/**
 * Lint rules, and the directions in which imports may point (ARCHITECTURE.md).
 *
 * Each layer says what it may not reach for. `test/lint/import-directions.test.ts` plants a wrong import in each of
 * them and sees it refused.
 */

interface Layer {
  files: string
  /** Patterns of import paths that this layer may not use, and why. */
  forbidden: { regex: string; message: string }[]
}

const forbid = (message: string, ...paths: string[]) => paths.map((regex) => ({ regex, message }))

const ENGINES = '/store/(sql|sqlite|postgres|content|open)'
/** Everything of ours but the domain. */
const ABOVE_DOMAIN = '^\\.\\./(store|schema|config|http|in|out|cli|ledger|server|present|page-buffers|version)'
const OUTSIDE = {
  drivers: forbid('Database drivers belong in src/store/<engine>', '^better-sqlite3$', '^pg$'),
  web: forbid('The web framework belongs in src/http and src/server.ts', '^hono', '^@hono/'),
  zod: forbid('Schemas belong in src/schema and in the routes', '^zod$'),
  protobuf: forbid('The wire format belongs in src/in/otlp/wire', '^@bufbuild/'),
  terminal: forbid('The terminal belongs in src/cli', '^commander$', '^cli-', '^picocolors$'),
}
const everyLibrary = Object.values(OUTSIDE).flat()

export const LAYERS: Layer[] = [
  {
    files: 'src/domain/**/*.ts',
    forbidden: [...forbid('The domain imports nothing but itself and node', '^\\.\\./'), ...everyLibrary],
  },
  {
    files: 'src/schema/**/*.ts',
    forbidden: [
      ...forbid('Schemas know the domain only', ABOVE_DOMAIN),
      ...OUTSIDE.drivers,
      ...OUTSIDE.web,
      ...OUTSIDE.terminal,
    ],
  },
  {
    files: 'src/config/**/*.ts',
    forbidden: [...forbid('Settings know the domain only', ABOVE_DOMAIN), ...everyLibrary],
  },
  {
    files: 'src/ledger.ts',
    forbidden: [
      ...forbid('The ledger knows the store by its contract', ENGINES),
      ...forbid('The ledger is below the ways in and out', '^\\./(in|out|http|cli|server)'),
      ...everyLibrary,
    ],
  },
  {
    files: 'src/store/**/*.ts',
    forbidden: [
      ...forbid(
        'A store is below everything but the domain',
        '/(in|out|http|cli|config|schema)/',
        '/(ledger|server|present)\\.ts$',
      ),
      ...OUTSIDE.web,
      ...OUTSIDE.zod,
      ...OUTSIDE.terminal,
    ],
  },
  {
    files: 'src/store/sql/**/*.ts',
    forbidden: [
      ...forbid('What engines share knows no engine', '/sqlite/', '/postgres/'),
      ...forbid(
        'A store is below everything but the domain',
        '/(in|out|http|cli|config|schema)/',
        '/(ledger|server|present)\\.ts$',
      ),
      ...everyLibrary,
    ],
  },
  {
    files: 'src/http/**/*.ts',
    forbidden: [
      ...forbid('The web glue is below the ways in and out', '/(in|out|cli|config)/', '/server\\.ts$'),
      ...forbid('Reach a store through the ledger', ENGINES),
      ...OUTSIDE.drivers,
      ...OUTSIDE.terminal,
    ],
  },
  {
    files: 'src/in/**/*.ts',
    forbidden: [
      ...forbid('What comes in does not know what goes out', '/out/'),
      ...forbid('Reach a store through the ledger', ENGINES),
      ...forbid('The ways in are below the program', '/(cli|config)/', '/server\\.ts$'),
      ...OUTSIDE.drivers,
      ...OUTSIDE.web,
      ...OUTSIDE.terminal,
    ],
  },
  {
    files: 'src/out/**/*.ts',
    forbidden: [
      ...forbid('What goes out does not know what comes in', '/in/'),
      ...forbid('Reach a store through the ledger', ENGINES),
      ...forbid('The ways out are below the program', '/(cli|config)/', '/server\\.ts$'),
      ...OUTSIDE.drivers,
      ...OUTSIDE.web,
      ...OUTSIDE.terminal,
    ],
  },
  {
    files: 'src/copy/**/*.ts',
    forbidden: [
      ...forbid('Reach a store through the ledger', ENGINES),
      ...forbid('A copy is below the program and beside the ways in', '/(in|http|cli|config)/', '/server\\.ts$'),
      ...everyLibrary,
    ],
  },
  {
    files: 'src/cli/**/*.ts',
    forbidden: [
      ...forbid('Commands reach the database through the ledger', '/store/(sql|sqlite|postgres|content)'),
      ...OUTSIDE.drivers,
      ...OUTSIDE.web,
      ...OUTSIDE.zod,
    ],
  },
]

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  options: { typeAware: true },
  rules: {
    // One statement after another is how a transaction, a page walk or a test story goes.
    'no-await-in-loop': 'off',
    // Numbers, strings and dates of a Letta or provider format are told apart by hand.
    'no-underscore-dangle': 'off',
    // Rows and JSON enter as unknown shapes; where they are checked the type is said.
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-named-as-default-member': 'off',
    // A helper may stand where it is used.
    'unicorn/consistent-function-scoping': 'off',
    // Copies are how shared values stay what they are; the hot paths do without.
    'oxc/no-map-spread': 'off',
    // Ours are short texts and lists that were made a line above.
    'typescript/require-array-sort-compare': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-array-sort': 'off',
    'import/no-cycle': 'error',
    'import/no-unassigned-import': 'off',
    // The compiler knows when a switch covers every case.
    'typescript/consistent-return': 'off',
    // Readers and writers are objects of functions that use no `this`.
    'typescript/unbound-method': 'off',
    'node/no-process-env': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'max-lines': ['error', { max: 360, skipBlankLines: false }],
    'no-console': 'error',
  },
  overrides: [
    ...LAYERS.map(({ files, forbidden }) => ({
      files: [files],
      excludeFiles: ['**/*.test.ts'],
      rules: { 'no-restricted-imports': ['error', { patterns: forbidden }] },
    })),
    { files: ['src/config/**'], rules: { 'node/no-process-env': 'off' } },
    {
      files: ['test/**', 'bench/**', '**/*.test.ts', 'scripts/**'],
      rules: {
        'node/no-process-env': 'off',
        'no-console': 'off',
        'max-lines': 'off',
        'no-shadow': 'off',
        'typescript/unbound-method': 'off',
        'typescript/no-base-to-string': 'off',
        'typescript/no-non-null-assertion': 'off',
      },
    },
  ],
  ignorePatterns: ['dist', 'reports', 'demo', 'node_modules'],
}
