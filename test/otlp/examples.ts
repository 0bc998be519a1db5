export function examples(): any[] { return [] }
