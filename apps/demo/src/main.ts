import './app/page.js';
