// The limits of the way in, each with its unit.

const MEBIBYTE = 1024 * 1024

/** Of a command's body, and of a line in bulk. */
export const MAX_BODY_BYTES = MEBIBYTE
/** All bodies that are being received or answered: more are told that the server is overloaded. */
export const MAX_BODIES_BYTES = 128 * MEBIBYTE
/** A body that is not here after this time is no longer waited for. */
export const BODY_TIMEOUT_MS = 30_000
/** Request line and headers. */
export const MAX_HEADER_BYTES = 16 * 1024
export const HEADERS_TIMEOUT_MS = 15_000
/** Of one part of a path, as sent: an entity id with every character percent-encoded has 600. */
export const MAX_PATH_PART_CHARACTERS = 1_000
export const MAX_CONNECTIONS = 5_000
/** Between two requests on one connection. */
export const KEEP_ALIVE_MS = 65_000
/** A connection on which nothing moves at all. */
export const IDLE_CONNECTION_MS = 120_000

/** A refused request's body is read this far, so that the client gets to read why. */
export const MAX_UNREAD_BYTES = 16 * MEBIBYTE
export const UNREAD_TIMEOUT_MS = 5_000

/** Of the document that publishes keys. */
export const MAX_JWKS_BYTES = 256 * 1024
export const JWKS_TIMEOUT_MS = 5_000
/** Published keys are fetched again after this time, */
export const JWKS_MAX_AGE_MS = 600_000
/** or, for a key that is not among them, when they are as old as this. */
export const JWKS_COOLDOWN_MS = 30_000
/** After a fetch that failed. */
export const JWKS_RETRY_MS = 1_000
/** By how much the clocks of who signs tokens and who checks them may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5
/** Tokens that were checked, and for how long a token is not checked again. */
export const MAX_REMEMBERED_TOKENS = 5_000
export const REMEMBER_TOKEN_MS = 60_000
/** Actors whose rate is kept. */
export const MAX_RATED_ACTORS = 10_000

/** Requests to POST /commands at a time. */
export const MAX_BULK_REQUESTS = 32
/** Lines of a bulk request that are read and not yet answered. */
export const MAX_BULK_WINDOW_LINES = 2_000
export const MAX_BULK_WINDOW_BYTES = 8 * MEBIBYTE
/** Answers are written in pieces of about this size. */
export const BULK_WRITE_CHARACTERS = 64 * 1024
export const MAX_ATOMIC_BYTES = 8 * MEBIBYTE

/** While it stops, a server answers for this long whoever has a connection, and tells them not to use it again. */
export const FAREWELL_MS = 200
/** How long after a connection was opened a stopping server waits for its first request. */
export const FIRST_REQUEST_MS = 2_000
/** What is not answered then is cut off. */
export const STOP_WITHIN_MS = 30_000
export const READY_WITHIN_MS = 2_000
