"""The registry's database: engine, tables, migrations, and the change rows that tell others of changes."""
