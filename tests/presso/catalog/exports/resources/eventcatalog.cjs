// What EventCatalog's own SDK reads in the folder given: JSON, by kind and id.
const sdk = require('@eventcatalog/sdk');
const read = (sdk.default ?? sdk)(process.argv[2]);
(async () => {
  const kinds = {
    domains: read.getDomains,
    services: read.getServices,
    events: read.getEvents,
    channels: read.getChannels,
    flows: read.getFlows,
    teams: read.getTeams,
  };
  const found = {};
  for (const [kind, all] of Object.entries(kinds)) {
    found[kind] = Object.fromEntries(((await all()) ?? []).map((one) => [one.id, one]));
  }
  for (const [id, event] of Object.entries(found.events)) {
    const wired = await read.getProducersAndConsumersForMessage(id, event.version);
    event.producers = wired.producers.map((service) => service.id);
    event.consumers = wired.consumers.map((service) => service.id);
    event.schemaFile = (await read.getSchemaForMessage(id, event.version))?.schema;
  }
  for (const [id, service] of Object.entries(found.services)) {
    service.documents = await read.getSpecificationFilesForService(id, service.version);
  }
  process.stdout.write(JSON.stringify(found));
})();
