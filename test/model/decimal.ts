// The model's decimals: whole numbers of 10^-18. Written apart from ledger/decimal.ts, on purpose.

export type Scaled = bigint

const ONE = 10n ** 18n

export function scaled(text: string): Scaled {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const value = BigInt(whole) * ONE + BigInt(fraction.padEnd(18, '0'))
  return text.startsWith('-') ? -value : value
}

export function text(value: Scaled): string {
  const digits = String(value < 0n ? -value : value).padStart(19, '0')
  const fraction = digits.slice(-18).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -18)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Half even; the divisor is above zero. */
export function divided(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const twice = 2n * (dividend < 0n ? -(dividend % divisor) : dividend % divisor)
  const up = twice > divisor || (twice === divisor && quotient % 2n !== 0n)
  return up ? quotient + (dividend < 0n ? -1n : 1n) : quotient
}

export const times = (a: Scaled, b: Scaled): Scaled => divided(a * b, ONE)
export const sum = (values: readonly Scaled[]): Scaled => values.reduce((total, value) => total + value, 0n)
