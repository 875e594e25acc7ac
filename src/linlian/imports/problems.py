"""Why a file, or one row of it, is not imported.

LinlianError
├── ImportFailed     nothing goes on: the file, the mapping or the ledger is in the way
│     import.file_missing · file_damaged · file_empty · encoding_unknown · not_in_encoding
│     import.mapping_missing · mapping_wrong · column_missing · column_repeated · zone_unknown
│     import.file_locked · too_many_rows · not_readable_as_text · header_missing
│     import.no_such_fund · no_such_round · not_a_manager · no_such_layout · key_damaged
│     import.side_table_damaged · report_unwritable · no_room · not_allowed · stopped
│     import.not_json · field_twice · nested_too_deep · no_grants · nothing_to_give · not_opened · contradicts_ledger
└── RowRejected      this row stays out and is reported, the others go on
      import.row_malformed · fields_count · not_an_object · undecodable · repeated_in_file
      import.id_missing · id_too_long · time_missing · time_unreadable · time_without_zone · time_skipped
      import.time_out_of_range · time_in_future · closed_without_time · closed_before_reported
      import.state_unknown · timeliness_unknown · category_missing · category_collides
      import.digits_lost · phone_unreadable · id_number_wrong · day_unreadable · area_unreadable · share_unreadable
      import.door_unreadable · door_contradicts · building_unknown · building_missing · kind_unknown · no_such_home
      import.name_unreadable · capacity_unknown · presence_unknown · share_is_an_owners · out_before_in
      import.repeated_in_list · differs_from_line · shares_above_whole · stands_elsewhere · moved_out_already
      import.not_by_the_standard · field_missing · recipient_missing · recipients_of_both_kinds · repeated_grant
      import.amount_not_positive · award_too_large · amount_in_fractions · currency_unknown · currency_differs
      import.half_a_character · differs_from_ledger
      import.countersigned · capacity_changed · start_changed · stays_longer
      import.amount_missing · amount_unreadable · amount_negative · amount_zero · amount_fraction · amount_too_large
      import.other_currency · formula · formula_error · merged_cell · quantity_unreadable · text_too_long
      import.day_out_of_range · day_over · ends_before_start · form_unknown · unit_unknown
      import.person_unclear · person_twice · number_of_two · same_name_and_home · listed_otherwise · list_closed
      import.has_an_interest · quantity_missing · not_entitled · over_ceiling · no_such_line · not_payable · not_yet
      import.over_line · payment_twice
      import.bank_day_wrong · both_directions · direction_unknown · direction_doubtful
"""

from __future__ import annotations

from linlian.kernel.errors import LinlianError


class ImportFailed(LinlianError):
    """The import cannot begin, or cannot go on. What is on the ledger stays, and is not imported again."""


class RowRejected(LinlianError):
    """This row cannot be imported; the facts say which column and value."""
