-- Goes back to the role that role_take_checker reported as the one before.
select set_config('role', :role, true) as "role!";
