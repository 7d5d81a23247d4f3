// DynamoDB, connected once. Lambda's Node.js brings the SDK; tests do without this file.

import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});

export const put = (input) => client.send(new PutItemCommand(input));
export const query = (input) => client.send(new QueryCommand(input));
