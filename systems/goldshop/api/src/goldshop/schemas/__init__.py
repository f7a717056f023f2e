"""What the API says and hears, a file for each area. Money is a decimal string, times are ISO 8601 in UTC."""
