// What the board shows, from what users notice at the top to what explains it below.

interface Query {
  readonly expr: string
  readonly legend?: string
}

export interface Panel {
  readonly title: string
  readonly description: string
  /** As Grafana calls it. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** One figure, not a graph. */
  readonly stat?: true
}

/** The chosen servers. */
const OF = 'instance=~"$instance"'
const rate = (metric: string, by: string, labels = ''): string =>
  `sum by (${by}) (rate(${metric}{${OF}${labels && `, ${labels}`}}[$__rate_interval]))`
const total = (metric: string, labels = ''): string => `sum(rate(${metric}{${OF}${labels && `, ${labels}`}}[$__rate_interval]))`
const quantile = (share: number, histogram: string, by = ''): string =>
  `histogram_quantile(${share}, ${rate(`${histogram}_bucket`, by === '' ? 'le' : `le, ${by}`)})`
const quantiles = (histogram: string): readonly Query[] =>
  [0.5, 0.95, 0.99].map((share) => ({ expr: quantile(share, histogram), legend: `p${share * 100}` }))
const now = (metric: string, legend = '{{instance}}'): Query => ({ expr: `${metric}{${OF}}`, legend })

const glance: readonly Panel[] = [
  {
    stat: true,
    title: 'Commands',
    description: 'Commands answered a second.',
    unit: 'ops',
    queries: [{ expr: total('strata_commands_total') }],
  },
  {
    stat: true,
    title: 'Versions',
    description: 'Versions appended a second.',
    unit: 'ops',
    queries: [{ expr: total('strata_batch_versions_sum') }],
  },
  {
    stat: true,
    title: 'Latency, p99',
    description: 'From a command to its answer.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'strata_command_duration_seconds') }],
  },
  {
    stat: true,
    title: 'Waiting',
    description: 'Units of work in the queues.',
    unit: 'short',
    queries: [{ expr: `sum(strata_queue_commands{${OF}})` }],
  },
  {
    stat: true,
    title: 'Live readers',
    description: 'Event streams of the feed.',
    unit: 'short',
    queries: [{ expr: `sum(strata_feed_readers{${OF}, form="events"})` }],
  },
  {
    stat: true,
    title: 'Since the last commit',
    description: 'Of any server.',
    unit: 's',
    queries: [{ expr: `time() - max(strata_last_commit_timestamp_seconds{${OF}})` }],
  },
]

const commands: readonly Panel[] = [
  {
    title: 'Commands',
    description: 'Answered, by command.',
    unit: 'ops',
    queries: [{ expr: rate('strata_commands_total', 'command'), legend: '{{command}}' }],
  },
  {
    title: 'Refused',
    description: 'By outcome, a rejection of the domain or a problem.',
    unit: 'ops',
    queries: [{ expr: rate('strata_commands_total', 'outcome', 'outcome!~"applied|replayed|unchanged|dry_run"'), legend: '{{outcome}}' }],
  },
  {
    title: 'Latency',
    description: 'From a command to its answer, all commands.',
    unit: 's',
    queries: quantiles('strata_command_duration_seconds'),
  },
]

const commit: readonly Panel[] = [
  {
    title: 'Queue',
    description: 'Units of work that wait. Rising: more come than are committed.',
    unit: 'short',
    queries: [now('strata_queue_commands')],
  },
  {
    title: 'Wait and commit, p99',
    description: "How long a batch's oldest command waited to be taken, and how long the batch then took.",
    unit: 's',
    queries: [
      { expr: quantile(0.99, 'strata_batch_wait_seconds'), legend: 'wait' },
      { expr: quantile(0.99, 'strata_batch_duration_seconds'), legend: 'commit' },
      { expr: `max(strata_queue_oldest_seconds{${OF}})`, legend: 'oldest in the queue' },
    ],
  },
  {
    title: 'Batches',
    description: 'Versions in a batch. Larger under load: that is what keeps the rate up.',
    unit: 'short',
    queries: [
      { expr: quantile(0.5, 'strata_batch_versions'), legend: 'versions, p50' },
      { expr: quantile(0.99, 'strata_batch_versions'), legend: 'versions, p99' },
      { expr: quantile(0.99, 'strata_batch_rounds'), legend: 'rounds, p99' },
    ],
  },
  {
    title: 'Lanes in use',
    description: 'Of the connections that append. All in use all the time: the database, or its disk, is the limit.',
    unit: 'percentunit',
    queries: [{ expr: `strata_lanes_busy{${OF}} / strata_lanes{${OF}}`, legend: '{{instance}}' }],
  },
  {
    title: 'Against other processes',
    description: 'Batches that needed the locks of their partitions. Many: send one owner’s commands to one server.',
    unit: 'ops',
    queries: [{ expr: rate('strata_batches_locked_total', 'instance'), legend: '{{instance}}' }],
  },
  {
    title: 'Failed attempts',
    description: 'Batches that came to nothing, by reason.',
    unit: 'ops',
    queries: [{ expr: rate('strata_batches_failed_total', 'reason'), legend: '{{reason}}' }],
  },
]

const http: readonly Panel[] = [
  {
    title: 'Requests',
    description: 'By route.',
    unit: 'reqps',
    queries: [{ expr: rate('strata_http_request_duration_seconds_count', 'method, route'), legend: '{{method}} {{route}}' }],
  },
  {
    title: 'Latency, p99',
    description: 'By route; bulk requests last as long as their input.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'strata_http_request_duration_seconds', 'route'), legend: '{{route}}' }],
  },
  {
    title: 'Problems',
    description: "By the problem's code.",
    unit: 'reqps',
    queries: [{ expr: rate('strata_http_requests_refused_total', 'code'), legend: '{{code}}' }],
  },
  {
    title: 'Connections',
    description: 'Of clients, and requests that are being answered.',
    unit: 'short',
    queries: [
      { expr: `sum(strata_http_connections{${OF}})`, legend: 'connections' },
      { expr: `sum by (route) (strata_http_requests_in_flight{${OF}}) > 0`, legend: '{{route}}' },
    ],
  },
]

const feed: readonly Panel[] = [
  {
    title: 'Readers',
    description: 'By form: page, events (live), lines (to the head).',
    unit: 'short',
    queries: [{ expr: `sum by (form) (strata_feed_readers{${OF}})`, legend: '{{form}}' }],
  },
  {
    title: 'Versions given',
    description: 'To all readers.',
    unit: 'ops',
    queries: [{ expr: rate('strata_feed_versions_total', 'form'), legend: '{{form}}' }],
  },
  { title: 'The last live reader', description: 'How many versions behind.', unit: 'short', queries: [now('strata_feed_lag_versions')] },
  {
    title: 'The slowest live reader',
    description: 'How long it has not read on. About a second is rest.',
    unit: 's',
    queries: [now('strata_feed_stalled_seconds')],
  },
]

/** Every server tells the same of a projection: one of them is taken. */
const perProjection = (metric: string, labels = ''): string => `max by (sink, view) (${metric}{${OF}${labels && `, ${labels}`}})`

const projections: readonly Panel[] = [
  {
    title: 'Behind, in time',
    description: 'How long the oldest version that a view has not seen has been there.',
    unit: 's',
    queries: [{ expr: perProjection('strata_projection_lag_seconds'), legend: '{{view}} in {{sink}}' }],
  },
  {
    title: 'Behind, in versions',
    description: 'Versions that a view has not seen. Rising: more come than it takes.',
    unit: 'short',
    queries: [{ expr: perProjection('strata_projection_lag_versions'), legend: '{{view}} in {{sink}}' }],
  },
  {
    title: 'Projected',
    description: 'Versions a second, by all of the servers.',
    unit: 'ops',
    queries: [{ expr: rate('strata_projection_versions_total', 'sink, view'), legend: '{{view}} in {{sink}}' }],
  },
  {
    title: 'A batch, p99',
    description: 'From a page of the feed to its place in the sink.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'strata_projection_batch_duration_seconds', 'sink, view'), legend: '{{view}} in {{sink}}' }],
  },
  {
    title: 'Dead letters',
    description: 'Versions that a view waits at, since it can not apply them: a person retries or skips them.',
    unit: 'short',
    queries: [{ expr: perProjection('strata_projection_dead_letters'), legend: '{{view}} in {{sink}}' }],
  },
  {
    title: 'Partitions that do not run',
    description: 'By state. idle: no process holds the lease; retrying: the sink fails; stopped: at a dead letter.',
    unit: 'short',
    queries: [
      {
        expr: `max by (sink, view, state) (strata_projection_partitions{${OF}, state!="running"}) > 0`,
        legend: '{{view}} in {{sink}}: {{state}}',
      },
    ],
  },
]

const database: readonly Panel[] = [
  {
    title: 'Connections',
    description: 'By pool and state.',
    unit: 'short',
    queries: [{ expr: `sum by (pool, state) (strata_database_connections{${OF}})`, legend: '{{pool}} {{state}}' }],
  },
  {
    title: 'Waiting and lost',
    description: 'Who waits for a connection, and connections that broke.',
    unit: 'short',
    queries: [
      { expr: `sum by (pool) (strata_database_waiters{${OF}})`, legend: '{{pool}} waiting' },
      { expr: `sum by (pool) (increase(strata_database_connections_lost_total{${OF}}[$__rate_interval]))`, legend: '{{pool}} lost' },
    ],
  },
  {
    title: 'States found in memory',
    description: 'Of those that decisions needed.',
    unit: 'percentunit',
    queries: [
      {
        expr: `${total('strata_cache_hits_total')} / (${total('strata_cache_hits_total')} + ${total('strata_cache_misses_total')})`,
        legend: 'found',
      },
    ],
  },
]

const process: readonly Panel[] = [
  {
    title: 'CPU',
    description: 'Cores in use.',
    unit: 'short',
    queries: [{ expr: rate('process_cpu_seconds_total', 'instance'), legend: '{{instance}}' }],
  },
  {
    title: 'Memory',
    description: 'Resident, and of that the heap.',
    unit: 'bytes',
    queries: [
      now('process_resident_memory_bytes', '{{instance}} resident'),
      now('nodejs_heap_size_used_bytes', '{{instance}} heap'),
      now('strata_cache_bytes', '{{instance}} states'),
    ],
  },
  { title: 'Event loop', description: 'How long it computes on end, p99.', unit: 's', queries: [now('nodejs_eventloop_lag_p99_seconds')] },
  {
    title: 'Garbage collection',
    description: 'Share of the time, by kind.',
    unit: 'percentunit',
    queries: [{ expr: rate('nodejs_gc_duration_seconds_sum', 'kind'), legend: '{{kind}}' }],
  },
  { title: 'File descriptors', description: 'Open ones.', unit: 'short', queries: [now('process_open_fds')] },
  {
    title: 'Releases',
    description: 'Servers by release and schema version.',
    unit: 'short',
    queries: [{ expr: `count by (version, schema_version) (strata_build_info{${OF}})`, legend: '{{version}}, schema {{schema_version}}' }],
  },
]

export const rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  { title: 'At a glance', panels: glance },
  { title: 'Commands', panels: commands },
  { title: 'Group commit', panels: commit },
  { title: 'HTTP', panels: http },
  { title: 'Feed', panels: feed },
  { title: 'Projections', panels: projections },
  { title: 'Database and states', panels: database },
  { title: 'Process', panels: process },
]
