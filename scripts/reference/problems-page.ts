// docs/reference/problems.md: every code, when it is answered, what to do.
import { problemKinds } from '../../commands/problem.ts'
import { rejections, type RejectionCode } from '../../commands/rejection.ts'
import { GENERATED, table } from './markdown.ts'

type Code = keyof typeof problemKinds

/** When each problem is answered, and what the caller can do. */
const guidance: Readonly<Record<Code, readonly [when: string, what: string]>> = {
  invalid_request: [
    'A body, id, time, header or query parameter is not valid, or is not known. `errors` says where.',
    'Correct the request. The same again fails again.',
  ],
  foreign_cursor: [
    'What was read up to the cursor is not in this ledger: it is another one, or was restored to an earlier time.',
    'Take back what you read of the versions that are gone, and go on from a cursor of the restored ledger: see [Backup and restore](../guides/backup-and-restore.md#readers-of-the-feed).',
  ],
  unauthenticated: ['There is no token, or it is expired, or not signed by the configured key.', 'Get a token.'],
  forbidden: [
    'The token lacks the scope, or the entity belongs to another owner than the token.',
    'Use a token with the scope that the detail names.',
  ],
  not_found: ['No such entity, version or route, or the entity was not there yet at that time.', 'Check the id, or the time asked for.'],
  version_conflict: [
    'The command got no turn against other processes that write to the same entities.',
    'Send it again, with the same key.',
  ],
  already_exists: [
    'A creating command names an id that exists.',
    'Choose another id, or leave it out. For a retry, send the key of the first request.',
  ],
  precondition_failed: [
    '`If-Match`, or `expectedVersion` of a line, names another version than the latest. `expectedVersion` and `actualVersion` tell which.',
    'Read the entity, decide again, send the new version.',
  ],
  payload_too_large: [
    'The body or a line is over its limit, or an atomic request has too many lines.',
    'Split it. See [limits](limits.md).',
  ],
  unsupported_media_type: [
    'The content type is not one that the route reads.',
    'Send `application/json`, or `application/x-ndjson` to `/v1/commands`.',
  ],
  idempotency_key_reused: ['The key was used for another command of the same owner.', 'Use a new key for a new command.'],
  aborted: [
    'Another line of an atomic request failed, so nothing of it was applied.',
    'Correct the line that has a status of its own, and send the request again.',
  ],
  rate_limited: ['The actor sent more commands a second than `STRATA_RATE_LIMIT` allows.', 'Wait for the seconds in `Retry-After`.'],
  internal_error: ['A fault of the server. It has logged why.', 'Report it. The same key finds out whether the command was applied.'],
  overloaded: ['A queue is full.', 'Wait for the seconds in `Retry-After`, send it again with the same key.'],
  not_yet: [
    'A view was asked with `X-Strata-After`, and did not come to that position in 10 seconds. `seen` tells how far it is.',
    'Ask again; if it stays there, look at [its lag and state](../guides/projections.md).',
  ],
  took_too_long: [
    'A named query was not answered in 5 seconds, and is no longer worked on.',
    'Ask for less: one owner, one instrument, a shorter time.',
  ],
  unavailable: [
    'The database does not answer, or went away while it was asked: the command was applied once or not at all. Or the published keys of tokens could not be fetched: nothing was done.',
    'Wait for the seconds in `Retry-After`, send it again with the same key: that finds out which.',
  ],
}

const KEEP_FLAGGED = 'Correct it. If the feed really says so, keep it with `onAnomaly: "flag"`.'

/** What to do about a rejection, where more can be said than to send another command. */
const advice: Readonly<Partial<Record<RejectionCode, string>>> = {
  trade_not_open: 'Counterparty, location and contractId can still be amended. Take back an execution with a bust.',
  quantity_below_executed: 'Ask for at least `executedQuantity`.',
  quantity_exceeds_remaining: 'Ask for at most `remainingQuantity`, or amend the quantity first.',
  execution_exists: 'Give each execution an id of its own. A retry needs the key of the first request.',
  execution_not_found: 'Look at `executions` of the trade.',
  execution_already_busted: 'Nothing: it has been taken back.',
  too_many_executions: 'Go on with another trade. See [limits](limits.md).',
  terms_differ: 'Compare the two trades, amend one.',
  already_matched: 'Break the match first, unless it is settled.',
  not_matched: 'Match it first.',
  not_confirmed: 'Confirm it first.',
  already_settled: 'Nothing: settled trades keep their terms.',
  account_not_owned: 'Name an account of the owner of the trade.',
  price_required: 'Give a price above zero, or leave the account out.',
  insufficient_funds: 'Deposit, release a hold, or ask for less.',
  out_of_range: 'Ask for less. See [limits](limits.md).',
  boundary_account: 'Deposit to, or withdraw from, an account of the owner.',
  effective_before_opening: 'Give a later `effectiveAt`.',
  account_closed: 'Use another account.',
  account_not_empty: 'Withdraw or transfer the balance, release the holds.',
  currency_mismatch: 'Name an account of the same currency.',
  same_account: 'Name two accounts.',
  hold_exists: 'Give each hold an id of its own. A retry needs the key of the first request.',
  hold_not_found: 'Look at `holds` of the account.',
  too_many_holds: 'Release some. See [limits](limits.md).',
  ticket_closed: 'Reopen it first.',
  ticket_not_closed: 'Nothing: it is not closed.',
  use_close: 'Close the ticket.',
  too_many_fields: 'Remove some: null removes a field. See [limits](limits.md).',
  not_a_bar_time: 'Name the bar by its day or minute.',
  not_previous_bar: 'Name the latest earlier bar of the same instrument and interval, or null.',
  older_revision: 'Nothing: what the source said later is there.',
  blank_open: KEEP_FLAGGED,
  blank_high: KEEP_FLAGGED,
  blank_low: KEEP_FLAGGED,
  high_below_low: KEEP_FLAGGED,
  open_outside: KEEP_FLAGGED,
  close_outside: KEEP_FLAGGED,
  ask_below_bid: KEEP_FLAGGED,
  zero_volume: KEEP_FLAGGED,
  closed_day: 'Look at the day, or name another `calendar`.',
  signal_not_open: 'Nothing: it is over. Submit another one.',
  signal_not_expired: 'Cancel it, or give a later `effectiveAt`.',
  period_reversed: 'Compare `from` and `to`.',
  too_many_parameters: 'Remove some: null removes a parameter. See [limits](limits.md).',
  gap: 'Record the days that are missing first, or keep the bar with `onAnomaly: "flag"`.',
}

export function problemsPage(): string {
  const own = Object.entries(problemKinds).map(([code, { status }]) => [`\`${code}\``, String(status), ...guidance[code as Code]])
  const domain = Object.entries(rejections).map(([code, meaning]) => [
    `\`${code}\``,
    '422',
    meaning,
    advice[code as RejectionCode] ?? 'Send another command.',
  ])
  return `# Problems

${GENERATED}

Whatever is not done is answered as \`application/problem+json\` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): \`type\` (\`urn:strata:problem:CODE\`), \`title\`, \`status\`, \`detail\`, \`instance\`, \`code\`, and where they fit \`errors\`
(\`pointer\`, a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) into the body, or the name of a query parameter or header; and \`detail\`), \`entityId\`, \`expectedVersion\`, \`actualVersion\`. Programs should go by \`code\`: it is stable; texts are for people and may change.

## Codes

${table(['code', 'status', 'when', 'what to do'], own)}

## Rejections

The domain's ways to say no. Each is about the newest state: the command was decided on it, appended nothing, and left no trace, so its idempotency key is free. The same command may be accepted later, when the state has changed.

${table(['code', 'status', 'when', 'what to do'], domain)}
`
}
