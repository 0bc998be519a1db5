/** What is wrong with a plan of PostgreSQL. */

/** A node of `explain (format json)`, as far as it is looked at. */
export interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  Alias?: string
  'Index Name'?: string
  'Index Cond'?: string
  Filter?: string
  'CTE Name'?: string
  'Subplan Name'?: string
  Strategy?: string
  Plans?: PlanNode[]
}

export interface IndexFacts {
  readonly columns: readonly string[]
  readonly unique: boolean
}

export interface Schema {
  readonly tables: ReadonlySet<string>
  readonly indexes: ReadonlyMap<string, IndexFacts>
}

/** Reads all its input before it gives a row. */
const BLOCKING = new Set(['Sort', 'Incremental Sort', 'Aggregate', 'WindowAgg', 'Hash', 'Materialize', 'SetOp'])
/** Gives few rows whatever the tables hold: what was passed in, or a constant. */
const SMALL = new Set(['Limit', 'Function Scan', 'Result', 'Values Scan', 'ProjectSet'])
/** Gives about as many rows as its inputs together. */
const PASSING = [
  'Append',
  'Merge Append',
  'Subquery Scan',
  'Unique',
  'Nested Loop',
  'Memoize',
  'LockRows',
  'ModifyTable',
]
const THROUGH = new Set([...PASSING, ...BLOCKING])
const SCAN = /^Index (Only )?Scan/

/** @param meant the index that the statement was written for, by the alias of its table; none = one that looks up a key */
export function faultsOf(plan: PlanNode, meant: ReadonlyMap<string, string>, schema: Schema): string[] {
  const nodes = flatten(plan)
  const shared = new Map(nodes.map((node) => [node['Subplan Name'], node]))

  const isBounded = (node: PlanNode): boolean => {
    const type = node['Node Type']
    if (type === 'CTE Scan') return isBounded(shared.get(`CTE ${node['CTE Name']}`) ?? node)
    if (SMALL.has(type) || (type === 'Aggregate' && node.Strategy === 'Plain')) return true
    return (
      isLookUp(node, schema) ||
      isOneMessage(node) ||
      isOneGroup(node) ||
      (THROUGH.has(type) && inputs(node).every(isBounded))
    )
  }

  return nodes.flatMap((node) => {
    const type = node['Node Type']
    if (type.startsWith('Gather')) return ['works in parallel']
    if (BLOCKING.has(type) && !inputs(node).every(isBounded)) return [`${type} of a whole selection`]
    if (type === 'ModifyTable' || !schema.tables.has(node['Relation Name'] ?? '')) return []
    if (!SCAN.test(type)) return [`${type} on ${node['Relation Name']}`]
    return scanFaults(node, meant, schema)
  })
}

function scanFaults(node: PlanNode, meant: ReadonlyMap<string, string>, schema: Schema): string[] {
  const name = node['Index Name'] ?? ''
  const { columns } = schema.indexes.get(name) ?? { columns: [] }
  // Each branch of a union has an alias of its own: s, s_1, s_2.
  const wanted = meant.get((node.Alias ?? '').replace(/_\d+$/, ''))
  const faults: string[] = []
  if (wanted !== undefined && wanted !== name) faults.push(`${name} instead of ${wanted}`)
  const isTime = columns[1] === 'created_at' || columns[0] === 'updated_at' || columns[0] === 'received_at'
  const leading = columns.slice(0, isTime ? 1 : 2)
  const unsaid = leading.filter((column) => !mentions(node['Index Cond'], column))
  if (unsaid.length > 0) faults.push(`${name} whatever its ${unsaid.join(', ')}`)
  const filter = isOneMessage(node) || isOneGroup(node) ? '' : (node.Filter ?? '')
  if (mentions(filter, 'created_at')) faults.push(`${name} from its beginning`)
  if (wanted === undefined && filter !== '' && !isLookUp(node, schema)) faults.push(`${name} where ${filter}`)
  return faults
}

/** Whether it finds rows by a whole unique key, one for each key. */
function isLookUp(node: PlanNode, { indexes }: Schema): boolean {
  const index = indexes.get(node['Index Name'] ?? '')
  const condition = node['Index Cond']
  return index?.unique === true && index.columns.every((column) => new RegExp(`\\b${column} = `).test(condition ?? ''))
}

/** The places of one message in a run: as many as steps repeat it. */
function isOneMessage(node: PlanNode): boolean {
  return node['Index Name'] === 'run_messages_pkey' && mentions(node['Index Cond'], 'id')
}

/** The parts of a group of telemetry: as many as requests told of it. */
function isOneGroup(node: PlanNode): boolean {
  return node['Index Name'] === 'telemetry_parts_pkey' && mentions(node['Index Cond'], 'group_id')
}

const mentions = (condition: string | undefined, column: string) => new RegExp(`\\b${column}\\b`).test(condition ?? '')

/** What a node reads: not what it asks anew for each row. */
function inputs(node: PlanNode): PlanNode[] {
  return (node.Plans ?? []).filter((each) => each['Subplan Name'] === undefined)
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}
