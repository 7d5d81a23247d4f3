// Replaces the AWS SDK for JavaScript v3, which Lambda's Node.js runtimes bring and this machine does not:
// clients of services with a JSON protocol, signed with the function's credentials. What a service's clients are
// called comes from botocore's description of it (javascript.py beside this file).
"use strict";

const { createHash, createHmac, randomUUID } = require("node:crypto");

const hash = (data) => createHash("sha256").update(data).digest("hex");
const hmac = (key, data) => createHmac("sha256", key).update(data).digest();

// As the SDK sends them: dates are seconds, bytes are base64.
function plain(value) {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function signed(url, region, signingName, headers, body) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = [time.slice(0, 8), region, signingName, "aws4_request"].join("/");
  const all = { ...headers, "x-amz-date": time };
  if (AWS_SESSION_TOKEN) all["x-amz-security-token"] = AWS_SESSION_TOKEN;
  const named = { ...all, host: url.host };
  const names = Object.keys(named).sort();
  const lines = names.map((name) => `${name}:${named[name]}\n`).join("");
  const request = ["POST", "/", "", lines, names.join(";"), hash(body)].join("\n");
  const key = scope.split("/").reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, hash(request)].join("\n")).toString("hex");
  const credential = `Credential=${AWS_ACCESS_KEY_ID}/${scope}`;
  all.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return all;
}

exports.service = ({ jsonVersion, signingName, target }) => {
  class ServiceException extends Error {
    constructor(name, status, answer) {
      super(answer.message || answer.Message || name);
      Object.assign(this, answer);
      this.name = name;
      this.$fault = status < 500 ? "client" : "server";
      this.$metadata = { httpStatusCode: status };
    }
  }
  const exceptions = {};

  class Command {
    constructor(input) {
      this.input = input;
    }
  }

  class Client {
    constructor(config = {}) {
      this.config = config;
    }

    async send(command) {
      const region = this.config.region || process.env.AWS_REGION;
      const url = new URL("/", this.config.endpoint || process.env.AWS_ENDPOINT_URL);
      const body = JSON.stringify(plain(command.input || {}));
      const headers = {
        "amz-sdk-invocation-id": randomUUID(),
        "content-type": `application/x-amz-json-${jsonVersion}`,
        "x-amz-target": `${target}.${command.constructor.operation}`,
      };
      const answer = await fetch(url, {
        method: "POST",
        headers: signed(url, region, signingName, headers, body),
        body,
      });
      const found = JSON.parse((await answer.text()) || "{}");
      if (answer.ok) return { ...found, $metadata: { httpStatusCode: answer.status } };
      const name = String(found.__type || found.code || "UnknownError").split("#").pop();
      throw new (exceptions[name] || ServiceException)(name, answer.status, found);
    }

    destroy() {}
  }

  return {
    Client,
    ServiceException,
    command: (operation) => class extends Command { static operation = operation; },
    exception: (name) => (exceptions[name] = class extends ServiceException {}),
  };
};
