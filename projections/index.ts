// The way out: definitions of views, the sinks they are kept in, and what runs them.
export {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
  type RecordOf,
  type SpreadBy,
  type Total,
  type ViewParameter,
} from './projection.ts'
export { Poisoned } from './fold.ts'
export { analytics } from './analytics/index.ts'
export { queries } from './queries/index.ts'
export { defineQuery, type Answer, type Query, type QueryDefinition } from './queries/query.ts'
export { projector, type Projector, type ProjectorOptions, type RunChange } from './runner/projector.ts'
export { rebuild, type RebuildOptions, type RebuildProgress } from './runner/rebuild.ts'
export { memorySink } from './sinks/memory.ts'
export { postgresSink, type PostgresSinkOptions } from './sinks/postgres.ts'
export { snowflakeSink, type SnowflakeSinkOptions } from './sinks/snowflake.ts'
export { Superseded, type Sink, type View, type ViewDocument, type ViewPage, type ViewQuestion } from './sinks/sink.ts'
export { views } from './views/index.ts'
export { averageCost, netQuantity, realisedPnl, unrealisedPnl, type Position } from './views/positions.ts'
