// What is different between two states: pure, on JSON values. Objects are compared by member, arrays by index; where the types differ, the whole value has changed.
// Own members only, whatever their name: microdiff, which nearly does this, looks up `constructor` and `__proto__` in the prototype, and knows neither pointers nor order.
import type { JsonValue } from '../ledger/json.ts'
import { pointerPart } from '../ledger/request.ts'

export interface Change {
  /** JSON pointer into the state (RFC 6901); '' is the state itself. */
  readonly path: string
  /** Absent: there was nothing. */
  readonly before?: JsonValue
  /** Absent: there is nothing any more. */
  readonly after?: JsonValue
}

type Members = Readonly<Record<string, JsonValue>>

const isObject = (value: JsonValue | undefined): value is Exclude<JsonValue, string | number | boolean | null> =>
  typeof value === 'object' && value !== null

/** The changes that turn `before` into `after`, sorted by path (code units). Undefined: nothing there. */
export function diff(before: JsonValue | undefined, after: JsonValue | undefined): readonly Change[] {
  const changes: Change[] = []
  compare(before, after, '', changes)
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function compare(before: JsonValue | undefined, after: JsonValue | undefined, path: string, changes: Change[]): void {
  if (before === after) return
  if (isObject(before) && isObject(after) && Array.isArray(before) === Array.isArray(after)) {
    const [a, b] = [before as Members, after as Members]
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
      compare(own(a, name), own(b, name), path + pointerPart(name), changes)
    return
  }
  changes.push({ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) })
}

const own = (members: Members, name: string): JsonValue | undefined => (Object.hasOwn(members, name) ? members[name] : undefined)
