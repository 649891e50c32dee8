#!/usr/bin/env node
/** What is installed as `kong-meshd`: the program, behind what makes it start sooner. */
import * as nodeModule from 'node:module';

import { keepCompiled } from './compile-cache';

const ofThisNode: object = nodeModule;
keepCompiled(ofThisNode, process.env);
// What is loaded before the line above is compiled again each time.
void import('./main.js');
