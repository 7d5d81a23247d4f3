// Makes code of JSON Schemas with quicktype: reads {language, options, schemas: [{name, schema}]} from stdin,
// writes a list of {file: text}, one for each schema, to stdout.
const { InputData, JSONSchemaInput, JSONSchemaStore, quicktypeMultiFile } = require("quicktype-core");

class NothingElse extends JSONSchemaStore {
    async fetch(address) {
        throw new Error(`a schema refers to another: ${address}`);
    }
}

async function made({ name, schema }, language, options) {
    const source = new JSONSchemaInput(new NothingElse());
    await source.addSource({ name, schema: JSON.stringify(schema) });
    const input = new InputData();
    input.addInput(source);
    const settings = { inputData: input, lang: language, rendererOptions: options, outputFilename: name };
    const files = await quicktypeMultiFile(settings);
    return Object.fromEntries([...files].map(([file, text]) => [file, text.lines.join("\n")]));
}

async function main() {
    const { language, options, schemas } = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const all = [];
    for (const schema of schemas) {
        all.push(await made(schema, language, options));
    }
    process.stdout.write(JSON.stringify(all));
}

main().catch((error) => {
    process.stderr.write(error.message || String(error));
    process.exitCode = 1;
});
