// What the spans of a command's way have in common.
import { trace, type Context, type Span } from '@opentelemetry/api'
import type { LRUCache } from 'lru-cache'

/** A command's span, and the context with it. What its work is marked with, for the batch to find. */
export class CommandTrace {
  readonly span: Span
  readonly context: Context
  readonly startedAt = performance.now()
  constructor(span: Span, parent: Context) {
    this.span = span
    this.context = trace.setSpan(parent, span)
  }
}

/** By version: the command that appended it. */
export type TracesOfVersions = LRUCache<string, CommandTrace>

export const versionKey = ({ partition, position }: { readonly partition: number; readonly position: number }): string =>
  `${partition}:${position}`
