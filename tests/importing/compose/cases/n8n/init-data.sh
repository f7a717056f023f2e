psql -c "select 1"
