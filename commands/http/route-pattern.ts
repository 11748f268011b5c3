// A route as it is written for people: `/v1/trades/{id}`. Of all that a request says of its path, this alone may be told: it has nothing that a caller chose.

export const routePattern = (url: string): string => url.replaceAll(/:(\w+)/g, '{$1}')
