// Exact decimals, as text, compared; and as numbers, which are good enough for a place in a picture, and for nothing else.

const DECIMALS = 18

/** @param {string} decimal */
function scaled(decimal) {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'))
}

/** @param {string} a @param {string} b */
export const isGreater = (a, b) => scaled(a) > scaled(b)

/** How high it is drawn. @param {string | undefined} decimal */
export const heightOf = (decimal) => (decimal === undefined ? null : Number(decimal))
