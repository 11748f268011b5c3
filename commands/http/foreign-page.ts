// Without tokens whoever reaches the server may do everything, and a browser on this machine reaches it for any page that it shows. Such a request is known by what browsers say of it: where it comes from
// (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/, and Origin), and a Host that is a name on the internet, where a page's own name was made to lead here (DNS rebinding).
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { problem, type Problem } from '../problem.ts'

/** What changes nothing may come from anywhere: a page can not read the answer. */
const SAFE = ['GET', 'HEAD', 'OPTIONS']
const OWN_SITES = ['same-origin', 'none']

/** Why it is refused; undefined: it is not. */
export function foreignPage(method: string, headers: IncomingHttpHeaders): Problem | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers
  const own = URL.parse(`http://${host || 'localhost'}`)
  if (own === null || isInternetName(own.hostname))
    return refusal('host', 'must be this machine (127.0.0.1, localhost); with STRATA_AUTH=jwt it may be any')
  if (SAFE.includes(method)) return undefined
  if (origin !== undefined && URL.parse(origin)?.host !== own?.host) return refusal('origin', 'must be that of this server')
  if (site !== undefined && !OWN_SITES.includes(String(site))) return refusal('sec-fetch-site', 'must be same-origin')
  return undefined
}

/** Nobody can have a name without a dot there, nor one that ends with localhost (RFC 6761). */
const isInternetName = (name: string): boolean =>
  name.includes('.') && !name.endsWith('.localhost') && isIP(name.replace(/^\[|\]$/g, '')) === 0

const refusal = (pointer: string, detail: string): Problem =>
  problem('invalid_request', `this server takes commands of anyone on its machine, but of no other site's pages: ${pointer} ${detail}`, {
    errors: [{ pointer, detail }],
  })
