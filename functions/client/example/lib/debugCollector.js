// What the application's calls cost and brought, the last of them: for a page of its own, or for whoever looks in a debugger.
const KEPT = 200

export const debugCollector = {
  records: [],
  push(record) {
    this.records.push(record)
    this.records.splice(0, this.records.length - KEPT)
  },
}
